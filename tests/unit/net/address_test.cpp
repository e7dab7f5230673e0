#include "host/net/address.h"

#include <gtest/gtest.h>

namespace filmgate {
namespace {

bool is_public(const char* text) {
  GInetAddress* const address = g_inet_address_new_from_string(text);
  EXPECT_NE(address, nullptr) << text;
  const bool result = is_public_address(address);
  g_object_unref(address);
  return result;
}

TEST(Address, PublicOnesPass) {
  for (const char* text : {"1.1.1.1", "93.184.216.34", "172.15.0.1", "172.32.0.1", "100.63.0.1",
                           "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8",
                           "64:ff9b::808:808", "2002:808:808::1"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
}

TEST(Address, ClosedOnesAreRefused) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "192.0.2.1",
                           "198.18.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "::127.0.0.1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "3fff::1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
}

TEST(HttpUrl, KnowsItsParts) {
  const auto plain = parse_http_url("http://a.example/x?y");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "a.example");
  EXPECT_EQ(plain->port, 80);
  const auto six = parse_http_url("HTTPS://[2606:4700::1]:8443/");
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six->scheme, "https");
  EXPECT_EQ(six->host, "2606:4700::1");
  EXPECT_EQ(six->port, 8443);
}

TEST(HttpUrl, RefusesOthers) {
  for (const char* text :
       {"", "ftp://a.example/", "file:///etc/passwd", "http://", "http:///x",
        "http://u:p@a.example/", "http://u@a.example/", "a.example/x", "http://a b/"}) {
    EXPECT_FALSE(parse_http_url(text).ok()) << text;
  }
}

TEST(PinnedConnectable, BearsTheNameAndGivesTheAddress) {
  GInetAddress* const address = g_inet_address_new_from_string("192.0.2.7");
  GSocketConnectable* const pinned =
      pinned_connectable_new({"https", "hooks.example", 443}, address);
  ASSERT_TRUE(G_IS_NETWORK_ADDRESS(pinned));
  EXPECT_STREQ(g_network_address_get_hostname(G_NETWORK_ADDRESS(pinned)), "hooks.example");
  GSocketAddressEnumerator* const all = g_socket_connectable_enumerate(pinned);
  GSocketAddress* const first = g_socket_address_enumerator_next(all, nullptr, nullptr);
  ASSERT_TRUE(G_IS_INET_SOCKET_ADDRESS(first));
  EXPECT_EQ(g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(first)), 443);
  EXPECT_TRUE(g_inet_address_equal(g_inet_socket_address_get_address(G_INET_SOCKET_ADDRESS(first)),
                                   address));
  EXPECT_EQ(g_socket_address_enumerator_next(all, nullptr, nullptr), nullptr);
  g_object_unref(first);
  g_object_unref(all);
  g_object_unref(pinned);
  g_object_unref(address);
}

}  // namespace
}  // namespace filmgate
