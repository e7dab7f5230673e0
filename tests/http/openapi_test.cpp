// The description of the API and the server are the same, in both directions.
#include "tests/http/http_fixture.h"

#include <set>

#include "host/base/file.h"

namespace filmgate {
namespace {

class OpenApiTest : public HttpTest {
 protected:
  Json document() {
    auto text = read_file(FILMGATE_SOURCE_DIR "/data/openapi.json", size_t{1} << 20);
    EXPECT_TRUE(text.ok());
    auto json = parse_json(*text, "openapi.json");
    EXPECT_TRUE(json.ok()) << json.error().message;
    return json ? *json : Json();
  }
};

TEST_F(OpenApiTest, NamesEveryRouteAndNoOther) {
  std::set<std::string> described, served;
  const Json api = document();
  for (const Json::Member& path : *api.get("paths").if_object()) {
    for (const Json::Member& operation : *path.value.if_object()) {
      if (operation.key == "parameters") continue;
      std::string method = operation.key;
      for (char& c : method) c = g_ascii_toupper(c);
      described.insert(method + " " + path.key);
    }
  }
  for (const std::string& route : http_routes()) served.insert(route);
  EXPECT_EQ(described, served);
}

TEST_F(OpenApiTest, EveryOperationAnswersWithAStatusItDescribes) {
  const Json api = document();
  for (const Json::Member& path : *api.get("paths").if_object()) {
    if (path.key == "/v1/events") continue;  // does not end
    std::string address = path.key;
    const auto put = [&address](const std::string& name, const std::string& value) {
      const size_t at = address.find(name);
      if (at != std::string::npos) address.replace(at, name.size(), value);
    };
    put("{id}", kAsset);
    put("{token}", review_path().substr(strlen("/review/")));
    if (address == "/v1/assets/retry") address += "?state=failed";
    if (address == "/v1/assets/cancel") address += "?state=probing";
    if (address.ends_with("/prioritize")) address += "?priority=3";
    if (path.key.starts_with("/v1/lanes")) put("{name}", "encode");
    put("{name}", path.key.starts_with("/static") ? "filmgate.css"
                  : path.key.starts_with("/v1")   ? "1080p"
                                                  : "poster");
    // Each decides by itself.
    engine_.views[kAsset].approval->state = "pending";
    for (const Json::Member& operation : *path.value.if_object()) {
      if (operation.key == "parameters") continue;
      const Answer answer = operation.key == "get"
                                ? get(address)
                                : post_json(address, R"({"decision":"approve","reason":"why"})");
      EXPECT_EQ(answer.status / 100, 2) << operation.key << " " << address << answer.body;
      EXPECT_NE(operation.value.get("responses").find(std::to_string(answer.status)), nullptr)
          << operation.key << " " << path.key << " answers " << answer.status;
    }
  }
}

}  // namespace
}  // namespace filmgate
