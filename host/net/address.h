// Which addresses a delivery may go to. Whoever configures a webhook, or can make its name resolve
// to something new, must not reach the machine's own services or the network behind it.
#pragma once

#include <gio/gio.h>

#include <string>

#include "plugins/core/result.h"

namespace filmgate {

// True for addresses of the public Internet. False for this machine, private and shared networks,
// link-local, multicast, documentation and reserved ranges (IANA special-purpose registries), and
// for IPv6 forms that carry an IPv4 address (mapped, NAT64, 6to4, Teredo) unless that one is
// public.
bool is_public_address(GInetAddress* address);

struct HttpUrl {
  std::string scheme;  // "http" or "https"
  std::string host;    // without brackets
  int port = 0;
};
// kInvalidInput with what is wrong; user names and passwords in the URL are refused.
Result<HttpUrl> parse_http_url(const std::string& url);

// A connectable that answers with `address` only, but still bears the host's name: the TLS
// certificate is checked against the name, the connection goes to the address that was judged.
GSocketConnectable* pinned_connectable_new(const HttpUrl& url, GInetAddress* address);

}  // namespace filmgate
