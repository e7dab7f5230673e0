// What passes between a host and one `filmgate-worker` process. Shared by both sides and by nobody
// else.
//
// The worker is started with an empty environment and these descriptors only:
//   0  the request, one JSON document, then end of file
//   1  reports, one JSON object a line
//   2  free text for the log (GStreamer's warnings); the host keeps its tail
//   3  the input, opened read-only (absent for --introspect)
//   4  the work folder, opened as a directory; the worker makes it its current folder, and all
//      outputs are written below it under relative names
//
// Request: { "stage": "inspect|probe|renditions|thumbnails",
//            "launch": gst-launch text whose source is `fdsrc fd=3`; for thumbnails with an element
//                      named "parsed" (parsebin) and one named "picture" (decodebin), which the
//                      worker links,
//            "name": "news/clip.mp4" (for messages only),
//            "elements": [names that the description uses beyond the built-in allow-list],
//            "limits": { "wall_ms", "stall_ms", "memory_bytes", "output_bytes", "pixels", "side",
//                        "streams", "framerate", "duration_s" },
//            "verify": [ { "name": "1080p", "file": "1080p.mp4", "video": true, "audio": true,
//                          "width": 1920, "height": 1080 } ],      (renditions)
//            "insecure": false }        (true: go on where a sandbox layer is missing, loudly)
//
// Reports, each with "type":
//   ready     { sandbox: "landlock 2, seccomp" }  first line; the self-proof has passed
//   picture   {}                                the first picture was decoded
//   progress  { position, duration } seconds; at most four a second
//   message   { element, name, fields }  an element message of ours (plugins/common/messages.h)
//   facts     { facts: { media | quality … } }  merged into the asset's facts by the host
//   verdict   { verdict, reasons: [] }          inspect: metadatagate's judgement
//   output    { name, file, media_type, size, sha256, info: {…} }   a verified, fsynced file
//   error     { class, message, element, detail }   the stage failed; nothing follows but exit 1
//   done      {}                                    the stage succeeded; exit 0 follows
#pragma once

namespace filmgate::worker {

inline constexpr int kRequestFd = 0;
inline constexpr int kReportFd = 1;
inline constexpr int kInputFd = 3;
inline constexpr int kFolderFd = 4;

// Error classes: what a failed attempt means for the next one.
inline constexpr const char* kClassMedia = "media";              // bad media: never retried
inline constexpr const char* kClassUnsupported = "unsupported";  // well formed, not for us: neither
inline constexpr const char* kClassIo = "io";                    // disk full, read error: retried
inline constexpr const char* kClassLimit = "limit";              // time, memory, size: retried
inline constexpr const char* kClassCrash = "crash";              // died of a signal: retried
inline constexpr const char* kClassInternal = "internal";        // ours: retried
inline constexpr const char* kClassCancelled = "cancelled";

// Beside the registry that --introspect brings up to date: the libraries of the plugins, a line
// each, in the order in which a worker opens them.
inline constexpr const char* kLibraryListSuffix = ".libraries";

inline constexpr int kMaxReportLine = 1 << 20;  // bytes; a longer line ends the run

}  // namespace filmgate::worker
