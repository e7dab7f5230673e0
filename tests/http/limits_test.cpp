#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "tests/http/http_fixture.h"

namespace filmgate {
namespace {

class LimitsTest : public HttpTest {
 protected:
  int connect_raw() {
    const int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    EXPECT_EQ(connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return peer;
  }
  // What comes until the server hangs up.
  std::string read_to_end(int peer) {
    std::string text;
    char block[4096];
    ssize_t size = 0;
    while ((size = read(peer, block, sizeof block)) > 0) {
      text.append(block, static_cast<size_t>(size));
    }
    return text;
  }
};

TEST_F(LimitsTest, ALongBodyIsRefusedBeforeItIsRead) {
  beside([&] {
    const int peer = connect_raw();
    const std::string head =
        "POST /v1/assets/x/retry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n";
    EXPECT_EQ(write(peer, head.data(), head.size()), static_cast<ssize_t>(head.size()));
    shutdown(peer, SHUT_WR);
    const std::string answer = read_to_end(peer);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413 ") || answer.empty()) << answer;
    close(peer);
  });
  EXPECT_EQ(post_json("/v1/assets/x/retry", std::string(65 * 1024, ' ')).status, 413);
  EXPECT_EQ(post_json("/v1/assets/x/retry", std::string(63 * 1024, ' ')).status, 404);
}

TEST_F(LimitsTest, ASilentOrDrippingConnectionIsClosed) {
  HttpOptions options;
  options.idle_ms = 300;
  start(options);
  beside([&] {
    const int silent = connect_raw();
    EXPECT_EQ(read_to_end(silent), "");
    close(silent);
  });
  beside([&] {
    const int dripping = connect_raw();
    const std::string head = "GET /healthz HTTP/1.1\r\nX: ";
    EXPECT_EQ(send(dripping, head.data(), head.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(head.size()));
    pollfd closed{dripping, POLLRDHUP, 0};
    while (send(dripping, "x", 1, MSG_NOSIGNAL) == 1 && poll(&closed, 1, 5) == 0) {
    }
    close(dripping);
  });
}

TEST_F(LimitsTest, TooManyConnectionsAreTurnedAway) {
  HttpOptions options;
  options.max_connections = 2;
  start(options);
  beside([&] {
    const int first = connect_raw(), second = connect_raw(), third = connect_raw();
    const std::string ask = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    for (const int peer : {first, second, third}) {
      EXPECT_EQ(send(peer, ask.data(), ask.size(), MSG_NOSIGNAL), static_cast<ssize_t>(ask.size()));
    }
    EXPECT_EQ(read_to_end(third), "");
    char block[16];
    EXPECT_GT(read(first, block, sizeof block), 0);
    EXPECT_GT(read(second, block, sizeof block), 0);
    for (const int peer : {first, second, third}) close(peer);
  });
}

TEST_F(LimitsTest, ConnectionsThatAreOverDontCount) {
  HttpOptions options;
  options.max_connections = 4;
  start(options);
  beside([&] {
    for (int turn = 0; turn < 40; ++turn) {
      const int peer = connect_raw();
      const std::string ask =
          "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
      EXPECT_EQ(send(peer, ask.data(), ask.size(), MSG_NOSIGNAL), static_cast<ssize_t>(ask.size()));
      EXPECT_TRUE(read_to_end(peer).starts_with("HTTP/1.1 200 ")) << "connection " << turn;
      close(peer);
    }
  });
}

TEST_F(LimitsTest, ACrowdIsServed) {
  beside([&] {
    std::vector<int> peers;
    for (int peer = 0; peer < 200; ++peer) peers.push_back(connect_raw());
    const std::string ask = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    for (const int peer : peers) {
      EXPECT_EQ(send(peer, ask.data(), ask.size(), MSG_NOSIGNAL), static_cast<ssize_t>(ask.size()));
    }
    for (const int peer : peers) {
      EXPECT_TRUE(read_to_end(peer).starts_with("HTTP/1.1 200 "));
      close(peer);
    }
  });
}

TEST_F(LimitsTest, APortInUseIsSaid) {
  HttpOptions options;
  options.listen = "127.0.0.1:" + std::to_string(server_->port());
  const auto second = HttpServer::start(
      {engine_, *executor_, *library_, system_clock(), std::string(32, 'k'), {}}, options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(second.error().message.find(options.listen), std::string::npos);
}

}  // namespace
}  // namespace filmgate
