#include "host/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "host/base/hash.h"

namespace filmgate {
namespace {

class Files : public testing::Test {
 protected:
  Files() : folder_(make("/tmp")) {}
  ~Files() override { EXPECT_TRUE(remove_tree(folder_).ok()); }

  static std::string make(const std::string& parent) {
    std::string path = parent + "/filmgate-base-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "no temporary folder in " << parent;
    return path;
  }
  std::string path(const std::string& name) const { return join(folder_, name); }
  void put(const std::string& path, const std::string& text) {
    const auto written = write_file_durably(path, text);
    ASSERT_TRUE(written.ok()) << written.error().message;
  }
  static std::string text_of(const std::string& path) {
    auto text = read_file(path, 1 << 20);
    return text.ok() ? *text : "<" + text.error().message + ">";
  }
  static size_t entries(const std::string& folder) {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }

  std::string folder_;
};

TEST_F(Files, AreReadWholeUpToTheLimit) {
  put(path("a"), "12345");
  EXPECT_EQ(text_of(path("a")), "12345");
  EXPECT_TRUE(read_file(path("a"), 5).ok());
  const auto longer = read_file(path("a"), 4);
  ASSERT_FALSE(longer.ok());
  EXPECT_EQ(longer.error().code, ErrorCode::kLimit);
  const auto absent = read_file(path("b"), 5);
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_NE(absent.error().message.find(path("b")), std::string::npos);
}

TEST_F(Files, AreReplacedWholeAndNothingElseIsLeft) {
  put(path("a"), "before");
  put(path("a"), "after");
  EXPECT_EQ(text_of(path("a")), "after");
  EXPECT_EQ(entries(folder_), 1u);
}

TEST_F(Files, AFailedReplacementLeavesTheOldOneAndNoTemporary) {
  ASSERT_TRUE(make_folders(path("a/b")).ok());  // a file can't replace it
  EXPECT_FALSE(write_file_durably(path("a"), "text").ok());
  EXPECT_TRUE(exists(path("a/b")));
  EXPECT_EQ(entries(folder_), 1u);
}

TEST_F(Files, LinksAndSpecialFilesAreNotOpenedWhenUntrusted) {
  put(path("a"), "text");
  EXPECT_TRUE(open_untrusted(path("a")).ok());
  ASSERT_EQ(::symlink(path("a").c_str(), path("link").c_str()), 0);
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  for (const std::string& each : {path("link"), path("pipe"), folder_, std::string("/dev/null")}) {
    const auto opened = open_untrusted(each);
    ASSERT_FALSE(opened.ok()) << each;
    EXPECT_EQ(opened.error().code, ErrorCode::kPermission) << opened.error().message;
  }
}

TEST_F(Files, DescriptorsAreClosedOnExec) {
  put(path("a"), "text");
  for (const auto& fd : {open_file(path("a"), O_RDONLY).value().release(),
                         open_untrusted(path("a")).value().release()}) {
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    const Fd owner(fd);
  }
}

TEST_F(Files, ADescriptorHasOneOwner) {
  put(path("a"), "text");
  Fd first = open_file(path("a"), O_RDONLY).value();
  const int number = first.get();
  Fd second = std::move(first);
  EXPECT_EQ(second.get(), number);
  second.reset();
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
  EXPECT_FALSE(second);
}

TEST_F(Files, RenamingNeverReplaces) {
  put(path("a"), "a");
  put(path("b"), "b");
  const auto taken = rename_noreplace(path("a"), path("b"));
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  EXPECT_EQ(text_of(path("a")), "a");
  EXPECT_EQ(text_of(path("b")), "b");
  ASSERT_TRUE(make_folders(path("folder")).ok());
  EXPECT_FALSE(rename_noreplace(path("a"), path("folder")).ok());
  ASSERT_TRUE(rename_noreplace(path("folder"), path("other")).ok());
  ASSERT_TRUE(rename_noreplace(path("a"), path("other/c")).ok());
  EXPECT_EQ(text_of(path("other/c")), "a");
  EXPECT_FALSE(exists(path("a")));
  const auto absent = rename_noreplace(path("a"), path("d"));
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
}

TEST_F(Files, MoveWithinAFileSystem) {
  ASSERT_TRUE(make_folders(path("in")).ok());
  ASSERT_TRUE(make_folders(path("out")).ok());
  put(path("in/a"), "text");
  ASSERT_TRUE(move_file_durably(path("in/a"), path("out/b")).ok());
  EXPECT_EQ(text_of(path("out/b")), "text");
  EXPECT_FALSE(exists(path("in/a")));
  put(path("in/a"), "second");
  const auto taken = move_file_durably(path("in/a"), path("out/b"));
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
}

class FilesAcross : public Files {
 protected:
  void SetUp() override {
    other_ = make("/dev/shm");
    struct stat here {};
    struct stat there {};
    ASSERT_EQ(::stat(folder_.c_str(), &here), 0);
    ASSERT_EQ(::stat(other_.c_str(), &there), 0);
    if (here.st_dev == there.st_dev) GTEST_SKIP() << "/tmp and /dev/shm are one file system";
  }
  ~FilesAcross() override { EXPECT_TRUE(remove_tree(other_).ok()); }
  std::string other_;
};

TEST_F(FilesAcross, RenamingIsUnsupported) {
  put(path("a"), "text");
  const auto renamed = rename_noreplace(path("a"), join(other_, "a"));
  ASSERT_FALSE(renamed.ok());
  EXPECT_EQ(renamed.error().code, ErrorCode::kUnsupported);
}

TEST_F(FilesAcross, MovingCopiesWithTimeAndPermissions) {
  const std::string text(3'000'001, 'x');
  put(path("a"), text);
  ASSERT_EQ(::chmod(path("a").c_str(), 0604), 0);
  const timespec times[2] = {{1000, 5}, {2000, 7}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path("a").c_str(), times, 0), 0);
  const auto moved = move_file_durably(path("a"), join(other_, "b"));
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  EXPECT_FALSE(exists(path("a")));
  EXPECT_EQ(read_file(join(other_, "b"), text.size()).value(), text);
  struct stat info {};
  ASSERT_EQ(::stat(join(other_, "b").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0604u);
  EXPECT_EQ(info.st_mtim.tv_sec, 2000);
  EXPECT_EQ(info.st_mtim.tv_nsec, 7);
  EXPECT_EQ(entries(other_), 1u);
}

TEST_F(FilesAcross, MovingNeverReplaces) {
  put(path("a"), "a");
  put(join(other_, "b"), "b");
  const auto moved = move_file_durably(path("a"), join(other_, "b"));
  ASSERT_FALSE(moved.ok());
  EXPECT_EQ(moved.error().code, ErrorCode::kConflict);
  EXPECT_EQ(text_of(path("a")), "a");
  EXPECT_EQ(text_of(join(other_, "b")), "b");
  EXPECT_EQ(entries(other_), 1u) << "the copy is gone";
}

TEST_F(FilesAcross, AFolderIsNotMoved) {
  ASSERT_TRUE(make_folders(path("a/b")).ok());
  EXPECT_FALSE(move_file_durably(path("a"), join(other_, "a")).ok());
  EXPECT_TRUE(exists(path("a/b")));
  EXPECT_EQ(entries(other_), 0u);
}

TEST_F(Files, FoldersAreMadeAndRemovedWithoutFollowingLinks) {
  ASSERT_TRUE(make_folders(path("a/b/c")).ok());
  ASSERT_TRUE(make_folders(path("a/b/c")).ok());
  put(path("kept"), "text");
  ASSERT_TRUE(make_folders(path("precious")).ok());
  put(path("precious/file"), "text");
  ASSERT_EQ(::symlink(path("precious").c_str(), path("a/link").c_str()), 0);
  ASSERT_TRUE(remove_tree(path("a")).ok());
  EXPECT_FALSE(exists(path("a")));
  EXPECT_TRUE(exists(path("precious/file")));
  EXPECT_TRUE(remove_tree(path("a")).ok()) << "absent is fine";
  const auto made = make_folders(path("kept/sub"));
  EXPECT_FALSE(made.ok());
  EXPECT_EQ(make_folders(path("kept")).error().code, ErrorCode::kConflict);
}

TEST_F(Files, ALinkToNothingExists) {
  ASSERT_EQ(::symlink("nowhere", path("link").c_str()), 0);
  EXPECT_TRUE(exists(path("link")));
  EXPECT_FALSE(exists(path("nowhere")));
}

TEST_F(Files, AreHashedFromTheStartWithTheOffsetKept) {
  const std::string text(2'500'000, 'x');
  put(path("a"), text);
  const Fd fd = open_file(path("a"), O_RDONLY).value();
  ASSERT_EQ(::lseek(fd.get(), 5, SEEK_SET), 5);
  const auto hash = sha256_hex_of(fd.get(), "a");
  ASSERT_TRUE(hash.ok());
  EXPECT_EQ(*hash, to_hex(sha256(text)));
  EXPECT_EQ(::lseek(fd.get(), 0, SEEK_CUR), 5);

  int asked = 0;
  const auto cancelled = sha256_hex_of(fd.get(), "a", [&] { return ++asked == 2; });
  ASSERT_FALSE(cancelled.ok());
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

TEST_F(Files, FsyncNamesWhatIsMissing) {
  put(path("a"), "text");
  EXPECT_TRUE(fsync_file(path("a")).ok());
  EXPECT_TRUE(fsync_folder(folder_).ok());
  EXPECT_EQ(fsync_file(path("b")).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fsync_folder(path("a")).ok());
}

TEST(Paths, SafeOnesAreRelativeAndPlain) {
  for (const char* path : {"a", "a/b.mp4", ".hidden", "...", "a b/ü🎬", "-x", "a..b/c"}) {
    EXPECT_TRUE(is_safe_relative(path)) << path;
  }
  for (const std::string& path :
       {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string("."),
        std::string(".."), std::string("../a"), std::string("a/../b"), std::string("a/./b"),
        std::string("a/.."), std::string("a\nb"), std::string("a\0b", 3), std::string("a\x7f"),
        std::string("\xff\xfe"), std::string("a\xc0\xaf"), std::string(256, 'a'),
        std::string(1025, '/')}) {
    EXPECT_FALSE(is_safe_relative(path)) << path;
  }
  EXPECT_TRUE(is_safe_relative(std::string(255, 'a')));
  std::string deep = std::string(255, 'a');
  for (int i = 0; i < 3; ++i) deep += "/" + std::string(255, 'a');
  EXPECT_TRUE(is_safe_relative(deep));
  EXPECT_FALSE(is_safe_relative(deep + "/b"));
}

TEST(Paths, AreTakenApart) {
  EXPECT_EQ(join("a/b", "c"), "a/b/c");
  EXPECT_EQ(join("a/", "c"), "a/c");
  EXPECT_EQ(join("", "c"), "c");
  EXPECT_EQ(join("a", ""), "a");
  EXPECT_EQ(join("/", "c"), "/c");
  EXPECT_EQ(base_name("a/b.mp4"), "b.mp4");
  EXPECT_EQ(base_name("b"), "b");
  EXPECT_EQ(folder_of("a/b/c"), "a/b");
  EXPECT_EQ(folder_of("c"), "");
  EXPECT_EQ(folder_of("/c"), "/");
  EXPECT_EQ(stem_of("a/clip.tar.mp4"), "clip.tar");
  EXPECT_EQ(stem_of("a.b/clip"), "clip");
  EXPECT_EQ(stem_of(".hidden"), ".hidden");
  EXPECT_EQ(suffix_of("a/clip.MP4"), ".mp4");
  EXPECT_EQ(suffix_of("a.b/clip"), "");
  EXPECT_EQ(suffix_of(".hidden"), "");
}

}  // namespace
}  // namespace filmgate
