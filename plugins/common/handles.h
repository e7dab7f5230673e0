// Owning handles for what GStreamer hands out, so that a reference is given up exactly once.
// adopt() takes a reference that is ours already (transfer full), share() adds one (transfer none),
// sink() takes a floating one. g_autoptr stays for locals in C-shaped code.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <utility>

namespace filmgate {

template <typename T>
struct RefTraits {  // GObject and its heirs
  static void ref(T* object) { g_object_ref(object); }
  static void unref(T* object) { g_object_unref(object); }
};
template <typename T>
struct MiniRefTraits {
  static void ref(T* object) { gst_mini_object_ref(GST_MINI_OBJECT_CAST(object)); }
  static void unref(T* object) { gst_mini_object_unref(GST_MINI_OBJECT_CAST(object)); }
};
template <>
struct RefTraits<GstBuffer> : MiniRefTraits<GstBuffer> {};
template <>
struct RefTraits<GstCaps> : MiniRefTraits<GstCaps> {};
template <>
struct RefTraits<GstEvent> : MiniRefTraits<GstEvent> {};
template <>
struct RefTraits<GstMessage> : MiniRefTraits<GstMessage> {};
template <>
struct RefTraits<GstQuery> : MiniRefTraits<GstQuery> {};
template <>
struct RefTraits<GstSample> : MiniRefTraits<GstSample> {};
template <>
struct RefTraits<GstTagList> : MiniRefTraits<GstTagList> {};

template <typename T>
class Ref {
 public:
  Ref() = default;
  Ref(const Ref& other) : object_(other.object_) {
    if (object_) RefTraits<T>::ref(object_);
  }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { reset(); }

  static Ref adopt(T* object) {
    Ref handle;
    handle.object_ = object;
    return handle;
  }
  static Ref share(T* object) {
    if (object) RefTraits<T>::ref(object);
    return adopt(object);
  }
  static Ref sink(T* object) {
    if (object) g_object_ref_sink(object);
    return adopt(object);
  }

  T* get() const { return object_; }
  T* release() { return std::exchange(object_, nullptr); }
  void reset() {
    if (object_) RefTraits<T>::unref(std::exchange(object_, nullptr));
  }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

struct GFree {
  void operator()(void* memory) const { g_free(memory); }
};
using GString8 = std::unique_ptr<char, GFree>;  // a string of GLib's, freed with g_free

struct StructureFree {
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
using Structure = std::unique_ptr<GstStructure, StructureFree>;

struct GErrorFree {
  void operator()(GError* error) const { g_error_free(error); }
};
using GErrorPtr = std::unique_ptr<GError, GErrorFree>;

// A scoped lock of a GMutex-backed GST_OBJECT_LOCK.
class ObjectLock {
 public:
  explicit ObjectLock(gpointer object) : object_(GST_OBJECT_CAST(object)) {
    GST_OBJECT_LOCK(object_);
  }
  ~ObjectLock() { GST_OBJECT_UNLOCK(object_); }
  ObjectLock(const ObjectLock&) = delete;
  ObjectLock& operator=(const ObjectLock&) = delete;

 private:
  GstObject* object_;
};

}  // namespace filmgate
