#include "plugins/renditionscale/owned_picture.h"

#include <cstdlib>

namespace filmgate::scaler {
namespace {

constexpr size_t round_up(size_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

void OwnedPicture::Free::operator()(void* memory) const {
  std::free(memory);
}

void Block::Free::operator()(void* memory) const {
  std::free(memory);
}

uint8_t* Block::need(size_t size) {
  if (size > size_) {
    memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, round_up(size))));
    size_ = memory_ ? size : 0;
  }
  return memory_.get();
}

OwnedPicture::OwnedPicture(const Format& format) {
  const int bytes = format.sample_bytes();
  size_t size = 0;
  std::array<size_t, 3> offset{};
  for (int c = 0; c < format.components(); ++c) {
    auto index = static_cast<size_t>(c);
    const size_t stride =
        round_up(static_cast<size_t>(format.width_of(c)) * static_cast<size_t>(bytes));
    components_[index].stride = static_cast<ptrdiff_t>(stride);
    components_[index].step = bytes;
    offset[index] = size;
    size += stride * static_cast<size_t>(format.height_of(c));
  }
  memory_.reset(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, round_up(size))));
  if (!memory_) return;
  for (int c = 0; c < format.components(); ++c) {
    auto index = static_cast<size_t>(c);
    components_[index].data = memory_.get() + offset[index];
  }
}

}  // namespace filmgate::scaler
