// The names of files that lie beside a video. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace filmgate {

// Where the sidecar of a video may lie, the better one first: "a/clip.mp4" -> "a/clip.mp4.json",
// "a/clip.json" (which "a/clip.mov" shares).
std::vector<std::string> sidecar_candidates(std::string_view video);
// "clip.json", but not the notes that we write ourselves ("clip.mp4.reason.json").
bool is_sidecar_name(std::string_view path);
// The note that says why a file lies in failed/, rejected/ or unable_to_process/.
std::string reason_name(std::string_view video);
bool is_reason_name(std::string_view path);
// Dot files, and the names under which common uploaders write what is not complete yet.
bool is_passing_name(std::string_view file_name);

// The same path, its last step cut (between characters, the suffix kept) where it is so long that
// what we put beside it ("-2", ".json", ".reason.json") would have a name no file system takes.
std::string fitting_name(std::string_view path);

// The path without its first step: "uploads/news/clip.mp4" -> "news/clip.mp4".
std::string below_first_folder(std::string_view path);

}  // namespace filmgate
