#include "host/config/configuration.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace filmgate {
namespace {

class ConfigurationTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/filmgate-config-XXXXXX";
    folder_ = mkdtemp(name);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  // The one problem of a text, without the folder.
  std::string problem_of(const std::string& text,
                         const std::map<std::string, std::string>& environment = {}) {
    const auto all = configuration_problems(write("f.conf", text), environment);
    if (all.size() != 1) return std::to_string(all.size()) + " problems";
    std::string one = all.front();
    for (size_t at; (at = one.find(folder_ + "/")) != std::string::npos;) {
      one.erase(at, folder_.size() + 1);
    }
    return one;
  }

  std::string folder_;
};

TEST_F(ConfigurationTest, DefaultsStandWithoutAFile) {
  const auto loaded = load_configuration("", {});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->listen, "127.0.0.1:8470");
  EXPECT_EQ(loaded->root, "var");
  EXPECT_EQ(loaded->lease_ms, 30'000);
}

TEST_F(ConfigurationTest, TheShippedFileNamesTheLibraryAndChangesNothingElse) {
  const auto loaded = load_configuration(FILMGATE_SOURCE_DIR "/data/filmgated.conf", {});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->root, "/var/lib/filmgate");
  EXPECT_EQ(loaded->listen, Configuration{}.listen);
  EXPECT_TRUE(loaded->endpoints.empty());
}

TEST_F(ConfigurationTest, ReadsValuesInHumanUnits) {
  const auto loaded = load_configuration(write("f.conf", R"(# comment
[library]
root = library
scan = 1s
[limits]
lease=1m
renew = 10s
memory = 1.5 GiB
output = 2T
[lanes]
encode = 3
[intake]
pause_below = 7.5%
slow_below = 80GB
[sandbox]
insecure = true
)"),
                                         {});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->root, folder_ + "/library");
  EXPECT_EQ(loaded->scan_ms, 1000);
  EXPECT_EQ(loaded->lease_ms, 60'000);
  EXPECT_EQ(loaded->memory_bytes, 1536LL << 20);
  EXPECT_EQ(loaded->output_bytes, 2LL << 40);
  EXPECT_EQ(loaded->encode, 3);
  EXPECT_EQ(loaded->pause_below.part, 0.075);
  EXPECT_EQ(loaded->pause_below.bytes, 0);
  EXPECT_EQ(loaded->slow_below.part, 0);
  EXPECT_EQ(loaded->slow_below.bytes, 80LL << 30);
  EXPECT_TRUE(loaded->insecure);
}

TEST_F(ConfigurationTest, NamesFileLineAndTheNearestWord) {
  EXPECT_EQ(problem_of("[libary]\n"),
            "f.conf:1: there is no group [libary]; did you mean \"library\"?");
  EXPECT_EQ(problem_of("\n[http]\nlisten_on = 1\nlisten = 127.0.0.1:1\n"),
            "f.conf:3: [http] has no key listen_on; did you mean \"listen\"?");
  EXPECT_EQ(problem_of("[notify ops]\nurl=https://a.example/\nsecrets=x\n"),
            "f.conf:3: [notify ops] has no key secrets; did you mean \"secret\"?");
}

TEST_F(ConfigurationTest, SaysWhatAValueShouldBe) {
  EXPECT_EQ(
      problem_of("[limits]\nwall = soon\n"),
      "f.conf:2: [limits] wall is \"soon\"; a duration such as 500ms, 20s or 1h30m is needed");
  EXPECT_EQ(problem_of("[limits]\nmemory = 4X\n"),
            "f.conf:2: [limits] memory is \"4X\"; a size such as 512M or 4G is needed");
  EXPECT_EQ(problem_of("[intake]\npause_below = little\n"),
            "f.conf:2: [intake] pause_below is \"little\"; a part of the disk such as 5% or a size "
            "such as 10G is needed");
  EXPECT_EQ(problem_of("[lanes]\nprobe = 0\n"),
            "f.conf:2: [lanes] probe is \"0\"; a number from 1 to 256 is needed");
  EXPECT_EQ(problem_of("[sandbox]\ninsecure = yes\n"),
            "f.conf:2: [sandbox] insecure is \"yes\"; true or false is needed");
  EXPECT_EQ(problem_of("[http]\nlisten = 8470\n"),
            "f.conf:2: [http] listen is \"8470\"; an address and a port such as 127.0.0.1:8470 is "
            "needed");
}

TEST_F(ConfigurationTest, RefusesWhatIsNoKeyFile) {
  EXPECT_EQ(problem_of("root = x\n"), "f.conf:1: a key stands before the first [group]");
  EXPECT_EQ(problem_of("[http\n"), "f.conf:1: \"[http\" lacks its closing bracket");
  EXPECT_EQ(problem_of("[http]\nlisten\n"),
            "f.conf:2: \"listen\" is neither [group] nor key = value");
  EXPECT_EQ(problem_of("[lanes]\nprobe=1\nprobe=2\n"),
            "f.conf:3: [lanes] probe is set already in line 2");
}

TEST_F(ConfigurationTest, ReportsEveryProblem) {
  EXPECT_EQ(configuration_problems(write("f.conf", "[lanes]\nx=1\ny=2\n[nope]\nz=3\n"), {}).size(),
            3u);
}

TEST_F(ConfigurationTest, PartsFollowInOrderAndTheEnvironmentWins) {
  const std::string path = write("f.conf", "[lanes]\nlight=1\nprobe=1\nencode=1\n");
  write("conf.d/20-b.conf", "[lanes]\nprobe=3\nencode=3\n");
  write("conf.d/10-a.conf", "[lanes]\nprobe=2\n");
  write("conf.d/not-read.txt", "[broken");
  const auto loaded = load_configuration(path, {{"FILMGATE_LANES_ENCODE", "4"}});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->light, 1);
  EXPECT_EQ(loaded->probe, 3);
  EXPECT_EQ(loaded->encode, 4);
}

TEST_F(ConfigurationTest, AVariableWithATypoIsRefused) {
  EXPECT_EQ(problem_of("", {{"FILMGATE_STORE_URI", "x"}}),
            "the environment variable FILMGATE_STORE_URI stands for no key; did you mean "
            "\"FILMGATE_STORE_URL\"?");
  EXPECT_TRUE(load_configuration("", {{"FILMGATE_ELSEWHERE", "x"}}).ok());
}

TEST_F(ConfigurationTest, SecretsComeFromFileCredentialOrEnvironment) {
  write("secret", "whsec_file\n");
  write("credentials/notify.second.secret", "whsec_credential\n");
  write("credentials/review.key", "k");
  const auto loaded = load_configuration(
      write(
          "f.conf",
          "[notify first]\nurl=https://a.example/\nsecret_file=secret\n"
          "[notify second]\nurl=https://b.example/\n[notify third-one]\nurl=https://c.example/\n"),
      {{"CREDENTIALS_DIRECTORY", folder_ + "/credentials"},
       {"FILMGATE_NOTIFY_THIRD_ONE_SECRET", "whsec_environment"}});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ASSERT_EQ(loaded->endpoints.size(), 3u);
  EXPECT_EQ(loaded->endpoints[0].secret, "whsec_file");
  EXPECT_EQ(loaded->endpoints[1].secret, "whsec_credential");
  EXPECT_EQ(loaded->endpoints[2].secret, "whsec_environment");
  EXPECT_EQ(loaded->server_key_file, folder_ + "/credentials/review.key");
}

TEST_F(ConfigurationTest, TheStoresPasswordComesFromFileCredentialOrEnvironment) {
  write("password", "of the file\n");
  write("credentials/store.password", "of the credential\n");
  const std::string plain = write("f.conf", "[store]\nurl = postgresql://h/d\n");
  const std::string file = write("g.conf", "[store]\npassword_file = password\n");
  const auto password = [](const std::string& path, std::map<std::string, std::string> given) {
    const auto loaded = load_configuration(path, given);
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    return loaded.ok() ? loaded->store_password : "";
  };
  const std::string credentials = folder_ + "/credentials";
  EXPECT_EQ(password(plain, {}), "");
  EXPECT_EQ(password(plain, {{"CREDENTIALS_DIRECTORY", credentials}}), "of the credential");
  EXPECT_EQ(password(file, {{"CREDENTIALS_DIRECTORY", credentials}}), "of the file");
  EXPECT_EQ(password(file, {{"FILMGATE_STORE_PASSWORD", "geheim"}}), "geheim");
  EXPECT_EQ(problem_of("[store]\npassword_file = absent\n").find("f.conf:2: [store] password_file"),
            0u);
}

TEST_F(ConfigurationTest, TheStoreLiesInTheLibraryUnlessSaidOtherwise) {
  Configuration configuration;
  configuration.root = folder_ + "/library//";
  EXPECT_EQ(root_of(configuration), folder_ + "/library");
  EXPECT_EQ(store_url_of(configuration), "sqlite://" + folder_ + "/library/filmgate.db");
  configuration.store_url = "postgresql://h/d";
  EXPECT_EQ(store_url_of(configuration), "postgresql://h/d");
}

TEST_F(ConfigurationTest, OpenToOthersNeedsTokens) {
  EXPECT_EQ(problem_of("[http]\nlisten = 0.0.0.0:80\n"),
            "[http] listen = 0.0.0.0:80 lets other machines in, so tokens_file must say who may do "
            "what");
  EXPECT_EQ(problem_of("[http]\npublic_url = https://films.example/\n"),
            "[http] public_url = https://films.example lets other machines in, so tokens_file must "
            "say who may do what");
  const auto loaded =
      load_configuration(write("f.conf", "[http]\nlisten = [::]:80\ntokens_file = a; /b\n"), {});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->tokens_file, (std::vector<std::string>{folder_ + "/a", "/b"}));
}

TEST_F(ConfigurationTest, AMissingFileIsSaid) {
  const auto loaded = load_configuration(folder_ + "/none.conf", {});
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
}

TEST(ListenAddress, TakesBothFamilies) {
  const auto six = parse_listen_address("[::1]:8470");
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->port, 8470);
  EXPECT_TRUE(six->loopback());
  EXPECT_FALSE(parse_listen_address("0.0.0.0:0")->loopback());
  EXPECT_FALSE(parse_listen_address("::1:80").ok());
  EXPECT_FALSE(parse_listen_address("127.0.0.1:70000").ok());
}

}  // namespace
}  // namespace filmgate
