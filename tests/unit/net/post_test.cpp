#include "host/net/http_post.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "host/net/http_call.h"

namespace filmgate {
namespace {

// Accepts one connection, reads one request and lets `behave` answer on the socket.
class Peer {
 public:
  using Behave = std::function<void(int socket)>;
  explicit Peer(Behave behave) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener_, 4);
    socklen_t length = sizeof address;
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, behave = std::move(behave)] {
      const int peer = accept(listener_, nullptr, nullptr);
      if (peer < 0) {
        done_ = true;
        return;
      }
      read_request(peer);
      behave(peer);
      close(peer);
      done_ = true;
    });
  }
  ~Peer() {
    shutdown(listener_, SHUT_RDWR);
    join();
    close(listener_);
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + "/hook";
  }
  const std::string& request() const { return request_; }
  // The client hangs up from its main context, which has to turn for that.
  void join() {
    while (!done_) g_main_context_iteration(nullptr, FALSE);
    if (thread_.joinable()) thread_.join();
  }

 private:
  void read_request(int peer) {
    char block[4096];
    while (true) {
      const size_t end = request_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const size_t at = request_.find("Content-Length: ");
        const size_t body = at == std::string::npos ? 0 : std::stoul(request_.substr(at + 16));
        if (request_.size() >= end + 4 + body) return;
      }
      const ssize_t got = read(peer, block, sizeof block);
      if (got <= 0) return;
      request_.append(block, static_cast<size_t>(got));
    }
  }

  int listener_;
  int port_ = 0;
  std::string request_;
  std::atomic<bool> done_ = false;
  std::thread thread_;
};

void say(int socket, const std::string& text) {
  EXPECT_EQ(send(socket, text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}

// Waits until the other side has hung up.
void wait_for_end(int socket) {
  char block[256];
  while (read(socket, block, sizeof block) > 0) {
  }
}

PostReply post(PostRequest request) {
  const auto executor = make_executor(nullptr);
  std::optional<PostReply> reply;
  post_guarded(*executor, std::move(request), [&](const PostReply& one) { reply = one; });
  EXPECT_FALSE(reply) << "answered from within the call";
  while (!reply) g_main_context_iteration(nullptr, TRUE);
  return *reply;
}

PostRequest to(const std::string& url) {
  PostRequest request;
  request.url = url;
  request.body = R"({"a":1})";
  request.headers = {{"webhook-id", "msg_1"}};
  request.timeout_ms = 10'000;
  request.allow_private_addresses = true;
  return request;
}

TEST(PostGuarded, SendsBodyAndHeaders) {
  Peer peer([](int socket) { say(socket, "HTTP/1.1 204 No Content\r\n\r\n"); });
  const PostReply reply = post(to(peer.url()));
  EXPECT_EQ(reply.status, 204) << reply.error;
  peer.join();
  EXPECT_TRUE(peer.request().starts_with("POST /hook HTTP/1.1\r\n")) << peer.request();
  EXPECT_NE(peer.request().find("webhook-id: msg_1\r\n"), std::string::npos);
  EXPECT_TRUE(peer.request().ends_with("\r\n\r\n{\"a\":1}"));
}

TEST(PostGuarded, RefusesLoopbackByNumberAndByNameUnlessAllowed) {
  for (const char* host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"}) {
    PostRequest request = to(std::string("http://") + host + ":9/");
    request.allow_private_addresses = false;
    const PostReply reply = post(std::move(request));
    EXPECT_TRUE(reply.forbidden) << host;
    EXPECT_NE(reply.error.find("not a public address"), std::string::npos) << reply.error;
  }
}

TEST(PostGuarded, FollowsNoRedirect) {
  Peer elsewhere([](int) {});
  Peer peer([&](int socket) {
    say(socket,
        "HTTP/1.1 307 Moved\r\nLocation: " + elsewhere.url() + "\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(post(to(peer.url())).status, 307);
  EXPECT_EQ(elsewhere.request(), "");
}

TEST(PostGuarded, AnEndlessBodyIsNotRead) {
  Peer peer([](int socket) {
    say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx");
    wait_for_end(socket);
  });
  EXPECT_EQ(post(to(peer.url())).status, 200);
}

TEST(PostGuarded, ADrippingAnswerEndsAtTheLimit) {
  Peer peer([](int socket) {
    // One header byte after the other, for as long as the other side listens.
    say(socket, "HTTP/1.1 200 OK\r\nX-Drip: ");
    pollfd closed{socket, POLLRDHUP, 0};
    while (send(socket, "x", 1, MSG_NOSIGNAL) == 1 && poll(&closed, 1, 5) == 0) {
    }
  });
  PostRequest request = to(peer.url());
  request.timeout_ms = 300;
  const PostReply reply = post(std::move(request));
  EXPECT_EQ(reply.status, 0);
  EXPECT_FALSE(reply.forbidden);
  EXPECT_NE(reply.error.find("did not answer within 300 ms"), std::string::npos) << reply.error;
}

TEST(PostGuarded, AResetIsAFailureThatMayPass) {
  Peer peer([](int socket) {
    const linger hard{1, 0};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  });
  const PostReply reply = post(to(peer.url()));
  EXPECT_EQ(reply.status, 0);
  EXPECT_FALSE(reply.forbidden);
  EXPECT_FALSE(reply.error.empty());
}

TEST(PostGuarded, ABadUrlIsForbidden) {
  EXPECT_TRUE(post(to("ftp://a.example/")).forbidden);
}

TEST(HttpCall, ReadsTheAnswer) {
  Peer peer([](int socket) {
    say(socket,
        "HTTP/1.1 409 Conflict\r\nContent-Type: application/problem+json; charset=utf-8\r\n"
        "Content-Length: 2\r\n\r\n{}");
  });
  CallRequest request;
  request.url = peer.url();
  const auto reply = http_call(request);
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(reply->status, 409);
  EXPECT_EQ(reply->content_type, "application/problem+json");
  EXPECT_EQ(reply->body, "{}");
}

TEST(HttpCall, StopsAtTheLimit) {
  Peer peer([](int socket) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n";
    say(socket, head + std::string(2000, 'x'));
  });
  CallRequest request;
  request.url = peer.url();
  request.max_bytes = 1000;
  const auto reply = http_call(request);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, ErrorCode::kLimit);
}

TEST(HttpCall, SaysWhenNobodyAnswers) {
  std::string url;
  {
    url = Peer([](int) {}).url();
  }
  CallRequest request;
  request.url = url;
  const auto reply = http_call(request);
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace filmgate
