// Memory for pictures, laid out as zimg likes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// zimg uses planes that start on this boundary and have strides of its multiples where they lie;
// others are copied row by row for it.
inline constexpr int kAlignment = 64;

// Memory on that boundary that only grows; what it held is lost when it does.
class Block {
 public:
  uint8_t* need(size_t size);  // null where there is none

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<uint8_t, Free> memory_;
  size_t size_ = 0;
};

// Planar memory of its own for a picture of up to three components.
class OwnedPicture {
 public:
  OwnedPicture() = default;
  // Planes of `format`'s size, rows padded to kAlignment.
  explicit OwnedPicture(const Format& format);
  const MutablePicture& components() const { return components_; }
  Picture view() const { return as_source(components_); }

 private:
  struct Free {
    void operator()(void* memory) const;
  };
  std::unique_ptr<uint8_t, Free> memory_;
  MutablePicture components_;
};

}  // namespace filmgate::scaler
