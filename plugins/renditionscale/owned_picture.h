// Memory for pictures, laid out as the scaler likes it.
#pragma once

#include <memory>

#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// Planes that start on this boundary and have strides of its multiples are used where they lie;
// others are copied row by row.
inline constexpr int kAlignment = 64;

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
