#include "host/worker/process/upload_source.h"

#include <gst/base/gstbasesrc.h>
#include <gst/gst.h>

#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "plugins/common/handles.h"

namespace {

constexpr guint kBlockBytes = 256 * 1024;
constexpr guint kPropertyFd = 1;

struct UploadSource {
  GstBaseSrc parent;
  int fd;
};
struct UploadSourceClass {
  GstBaseSrcClass parent_class;
};

G_DEFINE_TYPE(UploadSource, upload_source, GST_TYPE_BASE_SRC)

UploadSource* self_of(gpointer object) {
  return static_cast<UploadSource*>(object);
}

GstStaticPadTemplate source_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);

void set_property(GObject* object, guint id, const GValue* value, GParamSpec* spec) noexcept {
  if (id == kPropertyFd) {
    self_of(object)->fd = g_value_get_int(value);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec* spec) noexcept {
  if (id == kPropertyFd) {
    g_value_set_int(value, self_of(object)->fd);
  } else {
    G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
  }
}

gboolean is_seekable(GstBaseSrc*) noexcept {
  return TRUE;
}

gboolean get_size(GstBaseSrc* source, guint64* size) noexcept {
  struct stat status {};
  if (fstat(self_of(source)->fd, &status) != 0) return FALSE;
  *size = static_cast<guint64>(status.st_size);
  return TRUE;
}

GstFlowReturn fill(GstBaseSrc* source, guint64 offset, guint length, GstBuffer* buffer) noexcept {
  GstMapInfo map;
  if (!gst_buffer_map(buffer, &map, GST_MAP_WRITE)) return GST_FLOW_ERROR;
  guint filled = 0;
  int error = 0;
  while (filled < length && error == 0) {
    const ssize_t n = pread(self_of(source)->fd, map.data + filled, length - filled,
                            static_cast<off_t>(offset + filled));
    if (n == 0) break;
    if (n > 0) {
      filled += static_cast<guint>(n);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  gst_buffer_unmap(buffer, &map);
  if (error != 0) {
    GST_ELEMENT_ERROR(source, RESOURCE, READ, (nullptr), ("pread: %s", std::strerror(error)));
    return GST_FLOW_ERROR;
  }
  if (filled == 0 && length > 0) return GST_FLOW_EOS;
  gst_buffer_resize(buffer, 0, filled);
  GST_BUFFER_OFFSET(buffer) = offset;
  GST_BUFFER_OFFSET_END(buffer) = offset + filled;
  return GST_FLOW_OK;
}

void upload_source_class_init(UploadSourceClass* klass) {
  auto* object_class = reinterpret_cast<GObjectClass*>(klass);
  auto* element_class = reinterpret_cast<GstElementClass*>(klass);
  auto* source_class = reinterpret_cast<GstBaseSrcClass*>(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  g_object_class_install_property(
      object_class, kPropertyFd,
      g_param_spec_int("fd", "fd", "The descriptor of a regular file, open for reading", 0,
                       G_MAXINT, 0,
                       static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS)));
  gst_element_class_add_static_pad_template(element_class, &source_template);
  gst_element_class_set_static_metadata(element_class, "Upload source", "Source/File",
                                        "Reads any range of an open file", "Filmgate");
  source_class->is_seekable = is_seekable;
  source_class->get_size = get_size;
  source_class->fill = fill;
}

void upload_source_init(UploadSource* source) {
  gst_base_src_set_blocksize(&source->parent, kBlockBytes);
}

}  // namespace

namespace filmgate::worker {

Result<void> register_upload_source() {
  GstRegistry* registry = gst_registry_get();
  if (auto stock = Ref<GstPluginFeature>::adopt(
          gst_registry_find_feature(registry, "fdsrc", GST_TYPE_ELEMENT_FACTORY))) {
    gst_registry_remove_feature(registry, stock.get());
  }
  if (!gst_element_register(nullptr, "fdsrc", GST_RANK_NONE, upload_source_get_type())) {
    return Error{ErrorCode::kInternal, "the source of uploads can't be registered"};
  }
  return {};
}

}  // namespace filmgate::worker
