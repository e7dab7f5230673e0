#include "host/worker/process/seccomp.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <memory>

namespace filmgate::worker {

namespace {

// By name: a name that this architecture or libseccomp lacks is passed over.
constexpr const char* kAllowed[] = {
    // Reading and writing what is open.
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",
    "pwritev2", "lseek", "_llseek", "close", "close_range", "dup", "dup2", "dup3", "flock", "fsync",
    "fdatasync", "sync_file_range", "ftruncate", "fallocate", "fadvise64", "copy_file_range",
    "sendfile", "splice", "tee",
    // Names: Landlock says which.
    "open", "openat", "creat", "stat", "lstat", "fstat", "newfstatat", "fstatat64", "statx",
    "statfs", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd",
    "getdents", "getdents64", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir",
    "mkdirat", "rmdir",
    // Memory. Executable memory stays possible: plugins are loaded and ORC compiles its kernels.
    "mmap", "mmap2", "munmap", "mprotect", "mremap", "madvise", "msync", "mincore", "mlock",
    "munlock", "brk", "memfd_create", "membarrier",
    // Threads, waiting, time.
    "futex", "futex_time64", "set_robust_list", "get_robust_list", "rseq", "set_tid_address",
    "arch_prctl", "gettid", "getpid", "getppid", "sched_yield", "sched_getaffinity",
    "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min",
    "getcpu", "getpriority", "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1",
    "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd", "eventfd2", "pipe", "pipe2",
    "timerfd_create", "timerfd_settime", "timerfd_gettime", "nanosleep", "clock_nanosleep",
    "clock_gettime", "clock_getres", "gettimeofday", "time", "times", "restart_syscall", "exit",
    "exit_group",
    // Signals of our own, and who we are.
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
    "rt_sigsuspend", "sigaltstack", "getuid", "geteuid", "getgid", "getegid", "getresuid",
    "getresgid", "getgroups", "getpgrp", "getpgid", "getsid", "getrlimit", "getrusage", "uname",
    "sysinfo", "getrandom", "capget"};

// What a library might try on its way to something harmless: refused, not deadly.
constexpr const char* kRefused[] = {"socket",
                                    "connect",
                                    "bind",
                                    "listen",
                                    "accept",
                                    "accept4",
                                    "sendto",
                                    "sendmsg",
                                    "sendmmsg",
                                    "recvfrom",
                                    "recvmsg",
                                    "recvmmsg",
                                    "execve",
                                    "execveat",
                                    "fork",
                                    "vfork",
                                    "truncate",
                                    "truncate64",
                                    "chmod",
                                    "fchmod",
                                    "fchmodat",
                                    "fchmodat2",
                                    "chown",
                                    "lchown",
                                    "fchown",
                                    "fchownat",
                                    "utime",
                                    "utimes",
                                    "utimensat",
                                    "futimesat",
                                    "setxattr",
                                    "lsetxattr",
                                    "fsetxattr",
                                    "removexattr",
                                    "lremovexattr",
                                    "fremovexattr",
                                    "getxattr",
                                    "lgetxattr",
                                    "fgetxattr",
                                    "listxattr",
                                    "link",
                                    "linkat",
                                    "symlink",
                                    "symlinkat",
                                    "mknod",
                                    "mknodat",
                                    "tkill",
                                    "rt_sigqueueinfo",
                                    "rt_tgsigqueueinfo",
                                    "pidfd_open",
                                    "pidfd_getfd",
                                    "pidfd_send_signal",
                                    "setpriority",
                                    "sched_setaffinity",
                                    "sched_setparam",
                                    "sched_setscheduler",
                                    "sched_setattr",
                                    "setrlimit",
                                    "chdir",
                                    "fchdir",
                                    "umask",
                                    "setsid",
                                    "setpgid",
                                    "inotify_init",
                                    "inotify_init1",
                                    "fanotify_init",
                                    "msgget",
                                    "semget",
                                    "shmget",
                                    "mq_open",
                                    "setuid",
                                    "setgid",
                                    "setreuid",
                                    "setregid",
                                    "setresuid",
                                    "setresgid",
                                    "setgroups",
                                    "capset"};

// What nothing that decodes video has any reason to call.
constexpr const char* kDeadly[] = {"ptrace",
                                   "process_vm_readv",
                                   "process_vm_writev",
                                   "bpf",
                                   "perf_event_open",
                                   "userfaultfd",
                                   "io_uring_setup",
                                   "io_uring_enter",
                                   "io_uring_register",
                                   "keyctl",
                                   "add_key",
                                   "request_key",
                                   "mount",
                                   "umount2",
                                   "pivot_root",
                                   "chroot",
                                   "setns",
                                   "unshare",
                                   "open_by_handle_at",
                                   "name_to_handle_at",
                                   "init_module",
                                   "finit_module",
                                   "delete_module",
                                   "kexec_load",
                                   "kexec_file_load",
                                   "reboot",
                                   "swapon",
                                   "swapoff",
                                   "acct",
                                   "quotactl",
                                   "iopl",
                                   "ioperm",
                                   "fsopen",
                                   "fsmount",
                                   "move_mount",
                                   "open_tree",
                                   "mount_setattr",
                                   "settimeofday",
                                   "clock_settime",
                                   "adjtimex",
                                   "clock_adjtime",
                                   "sethostname",
                                   "setdomainname",
                                   "vhangup",
                                   "syslog",
                                   "personality",
                                   "kcmp"};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {}
  bool ready() const { return context_ != nullptr; }

  template <size_t N>
  void add_all(const char* const (&names)[N], uint32_t action) {
    for (const char* name : names) add(name, action, {});
  }
  void add(const char* name, uint32_t action, const std::vector<scmp_arg_cmp>& arguments) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR || result_ != 0) return;
    result_ = seccomp_rule_add_array(context_.get(), action, number,
                                     static_cast<unsigned>(arguments.size()), arguments.data());
  }
  int load() {
    if (result_ == 0) {
      result_ = seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    }
    if (result_ == 0) result_ = seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    if (result_ == 0) result_ = seccomp_load(context_.get());
    return result_;
  }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  int result_ = 0;
};

void add_conditional(Filter& filter) {
  // Threads only. clone3's flags lie in memory where a filter can't see them; with ENOSYS the C
  // library falls back to clone.
  filter.add("clone", SCMP_ACT_ALLOW,
             {SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)});
  filter.add("clone", SCMP_ACT_ERRNO(EPERM), {SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)});

  // A pair of connected ends reaches nobody else; GStreamer's bus wakes itself by one.
  filter.add("socketpair", SCMP_ACT_ALLOW, {SCMP_CMP64(0, SCMP_CMP_EQ, AF_UNIX)});
  filter.add("socketpair", SCMP_ACT_ERRNO(EPERM), {SCMP_CMP64(0, SCMP_CMP_NE, AF_UNIX)});

  const auto self = static_cast<scmp_datum_t>(getpid());
  for (const char* name : {"kill", "tgkill"}) {
    filter.add(name, SCMP_ACT_ALLOW, {SCMP_CMP64(0, SCMP_CMP_EQ, self)});
    filter.add(name, SCMP_ACT_ERRNO(EPERM), {SCMP_CMP64(0, SCMP_CMP_NE, self)});
  }
  // fcntl can make the kernel send signals (F_SETOWN), so its commands are listed.
  for (const int command :
       {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_DUPFD_CLOEXEC,
        F_ADD_SEALS, F_GET_SEALS, F_GETPIPE_SZ, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW}) {
    const scmp_arg_cmp is = SCMP_CMP64(1, SCMP_CMP_EQ, static_cast<scmp_datum_t>(command));
    filter.add("fcntl", SCMP_ACT_ALLOW, {is});
    filter.add("fcntl64", SCMP_ACT_ALLOW, {is});
  }
  for (const unsigned long request : {FIONREAD, FIONBIO, FIOCLEX, TCGETS}) {
    filter.add("ioctl", SCMP_ACT_ALLOW, {SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, 0xffffffff, request)});
  }
  for (const unsigned long option :
       {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, PR_CAPBSET_READ, 0x53564d41 /* PR_SET_VMA */}) {
    filter.add("prctl", SCMP_ACT_ALLOW, {SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, 0xffffffff, option)});
  }
  filter.add("prlimit64", SCMP_ACT_ALLOW,  // to read our own
             {SCMP_CMP64(0, SCMP_CMP_EQ, 0), SCMP_CMP64(2, SCMP_CMP_EQ, 0)});
}

}  // namespace

Result<void> apply_seccomp() {
  Filter filter;
  if (!filter.ready()) return Error{ErrorCode::kUnsupported, "libseccomp can't make a filter"};
  filter.add_all(kAllowed, SCMP_ACT_ALLOW);
  filter.add_all(kRefused, SCMP_ACT_ERRNO(EPERM));
  filter.add_all(kDeadly, SCMP_ACT_KILL_PROCESS);
  add_conditional(filter);
  if (const int result = filter.load(); result != 0) {
    return error_from_errno(-result, "enter the seccomp sandbox");
  }
  return {};
}

}  // namespace filmgate::worker
