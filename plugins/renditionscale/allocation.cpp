#include "plugins/renditionscale/allocation.h"

#include <gst/video/gstvideometa.h>
#include <gst/video/gstvideopool.h>
#include <gst/video/video.h>

#include <algorithm>

#include "plugins/common/handles.h"
#include "plugins/renditionscale/scaler.h"

namespace filmgate::scaler {

void propose_reading(GstQuery* query) {
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  params.align = kAlignment - 1;
  gst_query_add_allocation_param(query, nullptr, &params);
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
}

bool decide_aligned_pool(GstQuery* query) {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo info;
  if (!caps || !gst_video_info_from_caps(&info, caps)) return false;

  const bool has_pool = gst_query_get_n_allocation_pools(query) > 0;
  const bool has_params = gst_query_get_n_allocation_params(query) > 0;
  guint least = 0;
  if (has_pool) gst_query_parse_nth_allocation_pool(query, 0, nullptr, nullptr, &least, nullptr);
  GstAllocator* raw_allocator = nullptr;
  GstAllocationParams params;
  gst_allocation_params_init(&params);
  if (has_params) gst_query_parse_nth_allocation_param(query, 0, &raw_allocator, &params);
  auto allocator = Ref<GstAllocator>::adopt(raw_allocator);
  params.align = std::max<gsize>(params.align, kAlignment - 1);

  auto pool = Ref<GstBufferPool>::adopt(gst_video_buffer_pool_new());
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  if (gst_query_find_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr)) {
    GstVideoAlignment alignment;
    gst_video_alignment_reset(&alignment);
    for (guint& mask : alignment.stride_align) mask = kAlignment - 1;
    gst_video_info_align(&info, &alignment);
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
    gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_ALIGNMENT);
    gst_buffer_pool_config_set_video_alignment(config, &alignment);
  }
  const auto size = static_cast<guint>(GST_VIDEO_INFO_SIZE(&info));
  gst_buffer_pool_config_set_params(config, caps, size, least, 0);
  gst_buffer_pool_config_set_allocator(config, allocator.get(), &params);
  if (!gst_buffer_pool_set_config(pool.get(), config)) return false;

  if (has_params) {
    gst_query_set_nth_allocation_param(query, 0, allocator.get(), &params);
  } else {
    gst_query_add_allocation_param(query, allocator.get(), &params);
  }
  if (has_pool) {
    gst_query_set_nth_allocation_pool(query, 0, pool.get(), size, least, 0);
  } else {
    gst_query_add_allocation_pool(query, pool.get(), size, least, 0);
  }
  return true;
}

}  // namespace filmgate::scaler
