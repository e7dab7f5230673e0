// The parts of the description's parser, one per section. Each keeps its first error in the reader.
#pragma once

#include "host/pipeline/description.h"
#include "host/pipeline/key_reader.h"

namespace filmgate::description_parts {

const std::vector<std::string>& keys_of(const char* section);

void read_accept(KeyReader& reader, const Json& root, AcceptSpec& accept);
void read_gate(KeyReader& reader, const Json& root, Description& description);
void read_probe(KeyReader& reader, const Json& root, ProbeSpec& probe);
void read_approval(KeyReader& reader, const Json& root, ApprovalSpec& approval);
void read_thumbnails(KeyReader& reader, const Json& root, ThumbnailSpec& thumbnails);
void read_retry(KeyReader& reader, const Json& root, RetrySpec& retry);
void read_notify(KeyReader& reader, const Json& root, std::vector<NotifySpec>& notify);
// Also replaces `preset` in `root` by what the presets bring, so that it can be pinned.
void read_renditions(KeyReader& reader, Json& root, const PresetReader& presets,
                     std::vector<RenditionSpec>& renditions);

// A template at `object[key]`, checked with sample values.
std::string read_template(KeyReader& reader, const Json& object, const char* key,
                          const std::vector<std::string>& allowed);

}  // namespace filmgate::description_parts
