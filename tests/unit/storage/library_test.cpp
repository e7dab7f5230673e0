#include "host/storage/library.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace filmgate {
namespace {

namespace fs = std::filesystem;

class LibraryTest : public testing::Test {
 protected:
  LibraryTest() {
    std::string pattern = (fs::temp_directory_path() / "filmgate-library-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    library_ = Library::open(root_).value();
  }
  ~LibraryTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& bytes = "x") {
    fs::create_directories(fs::path(library_->absolute(path)).parent_path());
    std::ofstream(library_->absolute(path)) << bytes;
  }
  std::string read(const std::string& path) {
    return read_file(library_->absolute(path), 1000).value();
  }

  std::string root_;
  std::optional<Library> library_;
};

TEST_F(LibraryTest, OpeningMakesTheFoldersAndOpeningAgainIsFine) {
  for (const char* name :
       {"uploads", "processed", "failed", "unable_to_process", "rejected", ".work"}) {
    EXPECT_TRUE(fs::is_directory(library_->absolute(name))) << name;
    EXPECT_TRUE(fs::is_empty(library_->absolute(name))) << name;
  }
  EXPECT_TRUE(Library::open(root_).ok());
}

TEST_F(LibraryTest, SaysWhichFolderIsInTheWay) {
  fs::remove(library_->absolute("rejected"));
  std::ofstream(library_->absolute("rejected")) << "a file";
  const auto opened = Library::open(root_);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("rejected"), std::string::npos) << opened.error().message;
}

TEST_F(LibraryTest, SaysWhichFolderCantBeWritten) {
  const std::string processed = library_->absolute("processed");
  ::chmod(processed.c_str(), 0500);
  constexpr uid_t kNobody = 65534;
  const bool superuser = ::geteuid() == 0;  // who may write anywhere
  if (superuser) {
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      ASSERT_EQ(::chown(entry.path().c_str(), kNobody, static_cast<gid_t>(-1)), 0);
    }
    ASSERT_EQ(::chown(root_.c_str(), kNobody, static_cast<gid_t>(-1)), 0);
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const auto opened = Library::open(root_);
  if (superuser) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ::chmod(processed.c_str(), 0700);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kPermission);
  EXPECT_NE(opened.error().message.find("processed"), std::string::npos);
}

TEST_F(LibraryTest, SaysWhatItPassesOver) {
  write("uploads/good.mp4");
  write("uploads/bad\xff.mp4");
  write("uploads/two\nlines.mp4");
  write("uploads/half.mp4.part");
  fs::create_symlink("/etc/passwd", library_->absolute("uploads/link.mp4"));
  ASSERT_EQ(::mkfifo(library_->absolute("uploads/pipe.mp4").c_str(), 0600), 0);
  std::string deep = "uploads";
  for (int i = 0; i < 40; ++i) deep += "/d";
  write(deep + "/deep.mp4");
  std::vector<std::string> passed;
  const auto files = library_->list(kUploads, &passed).value();
  ASSERT_EQ(files.size(), 1u);
  std::sort(passed.begin(), passed.end());
  ASSERT_EQ(passed.size(), 5u);
  EXPECT_NE(passed[0].find("is not taken in: its name is not UTF-8"), std::string::npos);
  EXPECT_NE(passed[1].find("more than 32 folders deep"), std::string::npos) << passed[1];
  EXPECT_NE(passed[2].find("uploads/link.mp4 is not taken in: it is a symbolic link"),
            std::string::npos);
  EXPECT_NE(passed[3].find("not a regular file"), std::string::npos);
}

// In a child, whose mounts nobody else sees: 0 = all is well, 77 = it may not mount.
int look_at_mounts(const std::string& root) {
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 77;
  const auto library = Library::open(root);
  if (!library) return 1;
  for (const char* folder : {"uploads/card", "uploads/bound", "uploads/plain", "processed/news"}) {
    std::filesystem::create_directories(root + "/" + folder);
  }
  if (::mount("none", (root + "/uploads/card").c_str(), "tmpfs", 0, nullptr) != 0) return 77;
  // The same file system, and yet no rename leads out of it.
  const auto bind = [&](const char* what, const char* to) {
    return ::mount((root + what).c_str(), (root + to).c_str(), nullptr, MS_BIND, nullptr) == 0;
  };
  if (!bind("/rejected", "/uploads/bound") || !bind("/rejected", "/processed/news")) return 77;
  for (const char* file : {"uploads/card/a.mp4", "uploads/bound/b.mp4", "uploads/plain/c.mp4"}) {
    std::ofstream(root + "/" + file) << "video";
  }
  std::vector<std::string> passed_over;
  const auto found = library->list("uploads", &passed_over);
  if (!found || found->size() != 1 || found->front().path != "uploads/plain/c.mp4") return 2;
  if (passed_over.size() != 2) return 3;
  for (const std::string& sentence : passed_over) {
    if (sentence.find(" is not taken in: something else is mounted there") == std::string::npos) {
      return 4;
    }
  }
  if (library->open_folder("processed/news") != "processed/news-2") return 5;
  if (!bind("/rejected", "/failed")) return 77;
  const auto again = Library::open(root);
  return again.ok() || again.error().message.find("mount") == std::string::npos ? 6 : 0;
}

TEST_F(LibraryTest, LeavesAloneWhatIsMountedWithin) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(look_at_mounts(root_));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "mounting is not permitted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(LibraryTest, FoldersBeyondAnyPathHideNothingElse) {
  write("uploads/a.mp4");
  // Deeper than a path can be long: only reachable step by step.
  const int top = ::open(library_->absolute("uploads").c_str(), O_RDONLY | O_DIRECTORY);
  int here = top;
  const std::string step(250, 'z');
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(::mkdirat(here, step.c_str(), 0700), 0);
    const int next = ::openat(here, step.c_str(), O_RDONLY | O_DIRECTORY);
    ::close(here);
    here = next;
  }
  ::close(here);
  write("uploads/zz/b.mp4");
  EXPECT_EQ(library_->list(kUploads).value().size(), 2u);
}

TEST_F(LibraryTest, ListsRegularFilesInAnyDepthOnly) {
  write("uploads/b.mp4", "12345");
  write("uploads/a/deep/c.mp4");
  write("uploads/.hidden");
  write("uploads/.folder/inside.mp4");
  write("uploads/half.mp4.part");
  fs::create_symlink("/etc/passwd", library_->absolute("uploads/link.mp4"));
  ASSERT_EQ(::mkfifo(library_->absolute("uploads/pipe.mp4").c_str(), 0600), 0);
  const auto files = library_->list(kUploads).value();
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].path, "uploads/a/deep/c.mp4");
  EXPECT_EQ(files[1].path, "uploads/b.mp4");
  EXPECT_EQ(files[1].size, 5);
  EXPECT_GT(files[1].mtime_ns, 0);
  EXPECT_GT(files[1].inode, 0u);
}

TEST_F(LibraryTest, StatRefusesLinks) {
  fs::create_symlink("/etc/passwd", library_->absolute("uploads/link.mp4"));
  EXPECT_EQ(library_->stat("uploads/link.mp4").error().code, ErrorCode::kInvalidInput);
  EXPECT_EQ(library_->stat("uploads/none.mp4").error().code, ErrorCode::kNotFound);
}

TEST_F(LibraryTest, PublishingIsOneRenameThatReplacesNothing) {
  const std::string run = library_->make_run_folder("r1").value();
  write(run + "/a.mp4", "new");
  const std::string place = "processed/news/clip";
  const uint64_t inode = library_->folder_inode(run).value();
  ASSERT_TRUE(library_->publish(run, place, inode).ok());
  EXPECT_EQ(read(place + "/a.mp4"), "new");
  // Again: it is there already.
  EXPECT_TRUE(library_->publish(run, place, inode).ok());

  const std::string other = library_->make_run_folder("r2").value();
  const uint64_t others = library_->folder_inode(other).value();
  write(other + "/a.mp4", "other");
  EXPECT_EQ(library_->publish(other, place, others).error().code, ErrorCode::kConflict);
  EXPECT_EQ(read(place + "/a.mp4"), "new");
  // Somebody else's folder does not pass for one that vanished.
  ASSERT_TRUE(library_->remove_run_folder("r2").ok());
  EXPECT_EQ(library_->publish(other, place, others).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(library_->publish(".work/none", "processed/none", 1).error().code,
            ErrorCode::kNotFound);
}

TEST_F(LibraryTest, MovingRepeatsAndReplacesNothing) {
  write("uploads/clip.mp4", "1");
  ASSERT_TRUE(library_->move("uploads/clip.mp4", "rejected/a/clip.mp4").ok());
  EXPECT_TRUE(library_->move("uploads/clip.mp4", "rejected/a/clip.mp4").ok());
  write("uploads/clip.mp4", "2");
  EXPECT_EQ(library_->move("uploads/clip.mp4", "rejected/a/clip.mp4").error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(read("uploads/clip.mp4"), "2");
  EXPECT_EQ(library_->move("uploads/none", "rejected/none").error().code, ErrorCode::kNotFound);
}

TEST_F(LibraryTest, FreeNamesKeepTheSuffix) {
  EXPECT_EQ(library_->free_name("failed/CLIP.MP4"), "failed/CLIP.MP4");
  write("failed/CLIP.MP4");
  EXPECT_EQ(library_->free_name("failed/CLIP.MP4"), "failed/CLIP-2.MP4");
  write("failed/CLIP-2.MP4");
  EXPECT_EQ(library_->free_name("failed/CLIP.MP4"), "failed/CLIP-3.MP4");
}

TEST_F(LibraryTest, AFolderIsOpenUnlessAFileOrASetHasItsName) {
  write("rejected/a.mp4/b/c.mp4");
  EXPECT_EQ(library_->open_folder("rejected/a.mp4/b"), "rejected/a.mp4/b");
  EXPECT_EQ(library_->open_folder("rejected/a.mp4/b/c.mp4/d"), "rejected/a.mp4/b/c.mp4-2/d");
  EXPECT_EQ(library_->open_folder("rejected"), "rejected");
  write("processed/clip/manifest.json");
  write("processed/clip-2", "a file");
  EXPECT_EQ(library_->open_folder("processed/clip/part"), "processed/clip-3/part");
  write("rejected/x/manifest.json");
  EXPECT_EQ(library_->open_folder("rejected/x"), "rejected/x");
  EXPECT_EQ(library_->free_place("processed/clip/part/1.mp4"), "processed/clip-3/part/1.mp4");
}

TEST_F(LibraryTest, ASecondNameOutlivesTheFirst) {
  write(".work/r1/a.mp4", "bytes");
  ASSERT_TRUE(library_->add_name(".work/r1/a.mp4", ".work/set/deep/a.mp4").ok());
  EXPECT_EQ(library_->add_name(".work/r1/a.mp4", ".work/set/deep/a.mp4").error().code,
            ErrorCode::kConflict);
  ASSERT_TRUE(library_->remove_run_folder("r1").ok());
  EXPECT_EQ(read(".work/set/deep/a.mp4"), "bytes");
}

TEST_F(LibraryTest, RunFolders) {
  library_->make_run_folder("r2").value();
  library_->make_run_folder("r1").value();
  EXPECT_EQ(library_->run_folders().value(), (std::vector<std::string>{"r1", "r2"}));
  EXPECT_TRUE(library_->remove_run_folder("r1").ok());
  EXPECT_TRUE(library_->remove_run_folder("r1").ok());
  for (const char* bad : {"../uploads", "", "a/b", "."}) {
    EXPECT_FALSE(library_->remove_run_folder(bad).ok()) << bad;
  }
  EXPECT_TRUE(fs::exists(library_->absolute("uploads")));
}

TEST_F(LibraryTest, NotesAreReadableJson) {
  ASSERT_TRUE(
      library_
          ->write_note("failed/a/clip.mp4.reason.json", Json::object({{"why", "the disk is full"}}))
          .ok());
  EXPECT_EQ(parse_json(read("failed/a/clip.mp4.reason.json"), "n")->get("why").string_or(""),
            "the disk is full");
}

TEST_F(LibraryTest, TellsTheRoomOnItsDisk) {
  const DiskSpace disk = library_->space().value();
  EXPECT_GT(disk.free_bytes, 0);
  EXPECT_GE(disk.total_bytes, disk.free_bytes);
}

// A host that is killed meanwhile leaves nothing where people look.
TEST_F(LibraryTest, WhatIsNotWholeYetLiesInTheWorkFolder) {
  write("uploads/clip.mp4.json");
  const Fd watch(::inotify_init1(IN_NONBLOCK));
  ASSERT_GE(::inotify_add_watch(watch.get(), library_->absolute("failed").c_str(), IN_CREATE), 0);
  ASSERT_TRUE(library_->write_note("failed/clip.mp4.reason.json", Json::object({})).ok());
  ASSERT_TRUE(library_->copy("uploads/clip.mp4.json", "failed/clip.mp4.json").ok());
  std::array<char, 4096> events{};
  EXPECT_EQ(::read(watch.get(), events.data(), events.size()), -1) << "made in failed/";
  EXPECT_TRUE(library_->run_folders().value().empty());
}

}  // namespace
}  // namespace filmgate
