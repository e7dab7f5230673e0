#include "host/net/address.h"

#include <array>
#include <cstring>

namespace filmgate {
namespace {

struct Range {
  const char* text;
  unsigned bits;
};

// https://www.iana.org/assignments/iana-ipv4-special-registry and multicast, future use.
constexpr std::array kClosed4 = {
    Range{"0.0.0.0", 8},      Range{"10.0.0.0", 8},     Range{"100.64.0.0", 10},
    Range{"127.0.0.0", 8},    Range{"169.254.0.0", 16}, Range{"172.16.0.0", 12},
    Range{"192.0.0.0", 24},   Range{"192.0.2.0", 24},   Range{"192.88.99.0", 24},
    Range{"192.168.0.0", 16}, Range{"198.18.0.0", 15},  Range{"198.51.100.0", 24},
    Range{"203.0.113.0", 24}, Range{"224.0.0.0", 4},    Range{"240.0.0.0", 4},
};

// Of IPv6 only 2000::/3 is given out; these are the exceptions within it.
constexpr std::array kClosed6 = {
    Range{"2001::", 23},  // protocol assignments, Teredo and ORCHID included
    Range{"2001:db8::", 32},
    Range{"3fff::", 20},
};

bool within(const guint8* bytes, GSocketFamily family, const Range& range) {
  GInetAddress* const base = g_inet_address_new_from_string(range.text);
  const guint8* const wanted = g_inet_address_to_bytes(base);
  bool same = g_inet_address_get_family(base) == family;
  for (unsigned bit = 0; same && bit < range.bits; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    same = (bytes[bit / 8] & mask) == (wanted[bit / 8] & mask);
  }
  g_object_unref(base);
  return same;
}

bool is_public4(const guint8* bytes) {
  for (const Range& range : kClosed4) {
    if (within(bytes, G_SOCKET_FAMILY_IPV4, range)) return false;
  }
  return true;
}

bool is_public6(const guint8* bytes) {
  const auto in = [bytes](const char* text, unsigned bits) {
    return within(bytes, G_SOCKET_FAMILY_IPV6, {text, bits});
  };
  if (in("::ffff:0:0", 96) || in("64:ff9b::", 96)) return is_public4(bytes + 12);
  if (in("2002::", 16)) return is_public4(bytes + 2);
  if (!in("2000::", 3)) return false;
  for (const Range& range : kClosed6) {
    if (in(range.text, range.bits)) return false;
  }
  return true;
}

// --- a GNetworkAddress that resolves to one address

struct PinnedAddress {
  GNetworkAddress parent;
  GSocketAddress* target;
};
struct PinnedAddressClass {
  GNetworkAddressClass parent;
};

void pinned_address_connectable_init(GSocketConnectableIface* iface) noexcept;

GType pinned_address_get_type();
G_DEFINE_TYPE_WITH_CODE(PinnedAddress, pinned_address, G_TYPE_NETWORK_ADDRESS,
                        G_IMPLEMENT_INTERFACE(G_TYPE_SOCKET_CONNECTABLE,
                                              pinned_address_connectable_init))

void pinned_address_init(PinnedAddress*) {}

void pinned_address_finalize(GObject* object) noexcept {
  g_clear_object(&reinterpret_cast<PinnedAddress*>(object)->target);
  G_OBJECT_CLASS(pinned_address_parent_class)->finalize(object);
}

void pinned_address_class_init(PinnedAddressClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = pinned_address_finalize;
}

GSocketAddressEnumerator* pinned_address_enumerate(GSocketConnectable* connectable) noexcept {
  auto* const self = reinterpret_cast<PinnedAddress*>(connectable);
  return g_socket_connectable_enumerate(G_SOCKET_CONNECTABLE(self->target));
}

void pinned_address_connectable_init(GSocketConnectableIface* iface) noexcept {
  iface->enumerate = pinned_address_enumerate;
  iface->proxy_enumerate = pinned_address_enumerate;
}

}  // namespace

bool is_public_address(GInetAddress* address) {
  const guint8* const bytes = g_inet_address_to_bytes(address);
  return g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4 ? is_public4(bytes)
                                                                    : is_public6(bytes);
}

Result<HttpUrl> parse_http_url(const std::string& url) {
  g_autoptr(GError) error = nullptr;
  g_autoptr(GUri) uri = g_uri_parse(
      url.c_str(), static_cast<GUriFlags>(G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_SCHEME_NORMALIZE),
      &error);
  if (uri == nullptr) {
    return Error{ErrorCode::kInvalidInput, "\"" + url + "\" is no URL: " + error->message};
  }
  HttpUrl parsed;
  parsed.scheme = g_uri_get_scheme(uri);
  if (parsed.scheme != "http" && parsed.scheme != "https") {
    return Error{ErrorCode::kInvalidInput, "\"" + url + "\" begins with neither http nor https"};
  }
  if (g_uri_get_userinfo(uri) != nullptr) {
    return Error{ErrorCode::kInvalidInput, "the URL of a host must not hold a user or a password"};
  }
  const char* const host = g_uri_get_host(uri);
  if (host == nullptr || *host == '\0' || strpbrk(host, " \t\r\n/\\%") != nullptr) {
    return Error{ErrorCode::kInvalidInput, "\"" + url + "\" names no host"};
  }
  parsed.host = host;
  parsed.port = g_uri_get_port(uri);
  if (parsed.port <= 0) parsed.port = parsed.scheme == "https" ? 443 : 80;
  return parsed;
}

GSocketConnectable* pinned_connectable_new(const HttpUrl& url, GInetAddress* address) {
  auto* const self = static_cast<PinnedAddress*>(
      g_object_new(pinned_address_get_type(), "hostname", url.host.c_str(), "port",
                   static_cast<guint>(url.port), "scheme", url.scheme.c_str(), nullptr));
  self->target = g_inet_socket_address_new(address, static_cast<guint16>(url.port));
  return G_SOCKET_CONNECTABLE(self);
}

}  // namespace filmgate
