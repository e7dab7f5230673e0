// A picture as the measures see it: planes of samples somewhere in memory, any stride. No
// GStreamer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace filmgate::quality {

// Samples are one byte at a depth of 8; above, two bytes, little endian, the value `shift` bits up.
struct SampleLayout {
  int depth = 8;  // 8 or 10
  int shift = 0;  // 6 for P010, whose ten bits stand at the top
  bool operator==(const SampleLayout&) const = default;
};

struct Plane {
  const uint8_t* data = nullptr;
  std::ptrdiff_t stride = 0;  // bytes from row to row; negative for pictures stored bottom up
  int width = 0;              // samples a row; interleaved chroma counts both components
  int height = 0;
  const uint8_t* row(int y) const { return data + y * stride; }
};

// Plane 0 is luma. Whoever derives from it keeps the memory alive for as long as the object lives.
class Picture {
 public:
  Picture() = default;
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;
  virtual ~Picture() = default;

  const Plane& luma() const { return planes[0]; }
  std::span<const Plane> used_planes() const {
    return {planes.data(), static_cast<size_t>(plane_count)};
  }
  bool same_shape(const Picture& other) const {
    return samples == other.samples && full_range == other.full_range &&
           plane_count == other.plane_count && luma().width == other.luma().width &&
           luma().height == other.luma().height && planes[1].width == other.planes[1].width &&
           planes[1].height == other.planes[1].height;
  }

  SampleLayout samples;
  bool full_range = false;  // luma 0–255 instead of 16–235 (times 4 at 10 bits)
  int plane_count = 0;
  std::array<Plane, 3> planes;
};

}  // namespace filmgate::quality
