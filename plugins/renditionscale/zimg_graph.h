// One filter graph of zimg, with what zimg leaves to its callers: pictures that lie in memory in
// any way, and sizes that aren't whole chroma samples.
#pragma once

#include <zimg.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "plugins/core/result.h"
#include "plugins/renditionscale/owned_picture.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// What a graph needs while it runs; one for each thread.
struct ZimgScratch {
  Block tmp;
  Block ring;
};

// True where zimg can use a plane as it lies.
bool is_aligned(const void* data, ptrdiff_t stride);

zimg_image_format zimg_format(const Format& format);

// What zimg says of its latest failure on this thread.
Error zimg_error();

class ZimgGraph {
 public:
  Result<void> build(const zimg_image_format& from, const zimg_image_format& to,
                     const zimg_graph_builder_params& params);
  // Reads all of `source`, whose layout is `format`; false: see zimg_error().
  bool run(const Format& format, const Picture& source, const zimg_image_buffer& target,
           ZimgScratch& scratch) const;

 private:
  struct Free {
    void operator()(zimg_filter_graph* graph) const { zimg_filter_graph_free(graph); }
  };
  std::unique_ptr<zimg_filter_graph, Free> graph_;
  size_t tmp_size_ = 0;
  unsigned input_mask_ = ZIMG_BUFFER_MAX;
};

}  // namespace filmgate::scaler
