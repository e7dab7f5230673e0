// What GStreamer knows of a file before decoding it, as the "metadata" and "media" parts of the
// facts document: caps and tags of its streams, container tags, duration.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "plugins/common/codec_name.h"
#include "plugins/common/handles.h"
#include "plugins/core/json.h"

namespace filmgate {

struct StreamDescription {
  std::string id;
  GstStreamType type = GST_STREAM_TYPE_UNKNOWN;  // from the caps when unknown
  Ref<GstCaps> caps;
  Ref<GstTagList> tags;  // of stream scope
  bool is_default = false;
};

struct MediaDescription {
  std::vector<StreamDescription> streams;  // in the order of the container
  Ref<GstTagList> tags;                    // of global scope
  GstClockTime duration = GST_CLOCK_TIME_NONE;
};

std::vector<StreamDescription> streams_of(GstStreamCollection* collection);

// {"metadata": {…}, "media": {…}} as docs/elements/metadatagate.md lists them. media.video and
// media.audio describe the default stream of each kind, else the first. What is not known is
// absent. Width and height are those on a screen: the width stretched to square pixels, then turned
// upright.
Json describe_media(const MediaDescription& media);

}  // namespace filmgate
