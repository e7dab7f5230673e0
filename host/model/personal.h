// What of an event says something about a person. It stands beside the chain of events, which only
// holds its salted hash, so that it can be erased and the chain still holds.
#pragma once

#include <string>
#include <string_view>

#include "host/model/records.h"

namespace filmgate {

// The kind of the event that tells of an erasure. Its data: "media", whether the media went too;
// "outputs", the published files that were written anew without the person: revision, name, size,
// sha256; "redacted", the numbers of older events whose text was taken out of the chain.
inline constexpr const char* kErased = "asset.erased";
// Of a further revision; "former": where the source of the one before was set aside, "" where it
// was not.
inline constexpr const char* kRevised = "asset.revised";

// Names of files and of people, free text, and what quotes them.
bool is_personal(std::string_view kind, std::string_view key);

// Moves every personal member of event.data into event.personal. Empty texts stay where they are.
void set_apart(Event& event);

// SHA-256 in hex of the salt, a line break and the compact JSON. The salt is random, so that nobody
// finds an erased name by trying all there are.
std::string personal_hash(const std::string& salt, const Json& personal);
// Gives event.personal a salt and writes its hash to event.data["personal"]; nothing where there is
// nothing personal.
void seal_personal(Event& event);

// The event as people are told of it: its data, with what stands beside the chain, without the
// hash.
Json told(const Event& event);

}  // namespace filmgate
