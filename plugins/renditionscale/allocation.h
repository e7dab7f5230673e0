// Buffers whose planes lie as the scaler reads and writes them without a copy.
#pragma once

#include <gst/gst.h>

namespace filmgate::scaler {

// Answers upstream's allocation query: any stride (video meta), rows on the scaler's boundary.
void propose_reading(GstQuery* query);

// Puts a pool of aligned frames into our own allocation query; false if it can't be configured.
bool decide_aligned_pool(GstQuery* query);

}  // namespace filmgate::scaler
