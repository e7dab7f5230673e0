#include "tests/element/golden/golden.h"

#include <gst/gst.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "plugins/metadatagate/gstmetadatagate.h"
#include "plugins/qualityprobe/gstqualityprobe.h"
#include "plugins/renditionscale/gstrenditionscale.h"
#include "plugins/thumbnailsink/gstthumbnailsink.h"

namespace filmgate::test {

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(FILMGATE_SOURCE_DIR) + "/tests/element/golden/" + name;
  if (std::getenv("FILMGATE_RENEW_GOLDEN")) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  ASSERT_TRUE(file) << path << " is missing; tests/element/golden/README.md says how it is made";
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, golden) << "if the change is meant, see tests/element/golden/README.md";
}

void register_elements() {
  gst_init(nullptr, nullptr);
  GST_ELEMENT_REGISTER(metadatagate, nullptr);
  GST_ELEMENT_REGISTER(qualityprobe, nullptr);
  GST_ELEMENT_REGISTER(renditionscale, nullptr);
  GST_ELEMENT_REGISTER(thumbnailsink, nullptr);
}

}  // namespace filmgate::test
