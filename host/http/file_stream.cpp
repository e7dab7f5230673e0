#include "host/http/file_stream.h"

#include <gio/gunixinputstream.h>
#include <unistd.h>

#include <charconv>

#include "host/base/file.h"

namespace filmgate::http {
namespace {

constexpr gsize kBlockBytes = 256 * 1024;

// One transfer; lives until the last block is out or the client has gone.
class Transfer {
 public:
  Transfer(ExchangePtr exchange, GInputStream* input, int64_t bytes)
      : exchange_(std::move(exchange)), input_(input), left_(bytes) {
    SoupServerMessage* const message = exchange_->message();
    wrote_handler_ = g_signal_connect(message, "wrote-chunk", G_CALLBACK(on_wrote), this);
    finished_handler_ = g_signal_connect(message, "finished", G_CALLBACK(on_finished), this);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void read() {
    reading_ = true;
    g_input_stream_read_bytes_async(input_,
                                    static_cast<gsize>(std::min<int64_t>(left_, kBlockBytes)),
                                    G_PRIORITY_DEFAULT, nullptr, on_read, this);
  }

 private:
  ~Transfer() {
    g_signal_handler_disconnect(exchange_->message(), wrote_handler_);
    g_signal_handler_disconnect(exchange_->message(), finished_handler_);
    g_object_unref(input_);
  }

  static void on_read(GObject* stream, GAsyncResult* result, gpointer data) noexcept {
    auto* const self = static_cast<Transfer*>(data);
    self->reading_ = false;
    GBytes* const bytes = g_input_stream_read_bytes_finish(G_INPUT_STREAM(stream), result, nullptr);
    const gsize size = bytes != nullptr ? g_bytes_get_size(bytes) : 0;
    if (self->finished_) {
      delete self;
    } else if (size == 0) {
      // The file became shorter or unreadable: cut off, so that nobody takes it for whole.
      if (GSocket* const socket = soup_server_message_get_socket(self->exchange_->message())) {
        g_socket_shutdown(socket, TRUE, TRUE, nullptr);
      }
      soup_server_message_unpause(self->exchange_->message());
    } else {
      self->left_ -= static_cast<int64_t>(size);
      soup_message_body_append_bytes(
          soup_server_message_get_response_body(self->exchange_->message()), bytes);
      soup_server_message_unpause(self->exchange_->message());
    }
    if (bytes != nullptr) g_bytes_unref(bytes);
  }

  static void on_wrote(SoupServerMessage*, gpointer data) noexcept {
    auto* const self = static_cast<Transfer*>(data);
    if (self->left_ > 0 && !self->reading_) self->read();
  }

  static void on_finished(SoupServerMessage*, gpointer data) noexcept {
    auto* const self = static_cast<Transfer*>(data);
    self->finished_ = true;
    if (!self->reading_) delete self;
  }

  ExchangePtr exchange_;
  GInputStream* input_;
  int64_t left_;
  gulong wrote_handler_ = 0;
  gulong finished_handler_ = 0;
  bool reading_ = false;
  bool finished_ = false;
};

bool read_number(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number >= 0;
}

}  // namespace

RangeKind parse_range(const std::string& header, int64_t size, ByteRange& range) {
  range = {0, size - 1};
  if (!header.starts_with("bytes=") || header.find(',') != std::string::npos) {
    return RangeKind::kWhole;
  }
  const std::string_view text = std::string_view(header).substr(6);
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return RangeKind::kWhole;
  int64_t first = 0, last = 0;
  if (dash == 0) {
    if (!read_number(text.substr(1), last)) return RangeKind::kWhole;
    if (last == 0 || size == 0) return RangeKind::kUnsatisfiable;
    range.first = std::max<int64_t>(0, size - last);
    return RangeKind::kPart;
  }
  if (!read_number(text.substr(0, dash), first)) return RangeKind::kWhole;
  if (dash + 1 < text.size()) {
    if (!read_number(text.substr(dash + 1), last) || last < first) return RangeKind::kWhole;
    range.last = std::min(last, size - 1);
  }
  if (first >= size) return RangeKind::kUnsatisfiable;
  range.first = first;
  return RangeKind::kPart;
}

void send_file(const ExchangePtr& exchange, const std::string& path, const std::string& media_type,
               const std::string& sha256) {
  auto fd = open_untrusted(path);
  struct stat status {};
  if (!fd || fstat(fd->get(), &status) != 0) {
    return exchange->problem(404, "This file is not there any more.");
  }
  const int64_t size = status.st_size;
  const std::string tag = sha256.empty() ? "" : '"' + sha256 + '"';
  exchange->set_header("Accept-Ranges", "bytes");
  exchange->set_header("Cache-Control", "private, no-cache");
  if (!tag.empty()) {
    exchange->set_header("ETag", tag);
    if (exchange->header("If-None-Match") == tag) return exchange->reply(304, media_type, "");
  }
  const std::string if_range = exchange->header("If-Range");
  const std::string wanted = if_range.empty() || if_range == tag ? exchange->header("Range") : "";
  ByteRange range;
  const RangeKind kind = parse_range(wanted, size, range);
  if (kind == RangeKind::kUnsatisfiable) {
    exchange->set_header("Content-Range", "bytes */" + std::to_string(size));
    return exchange->problem(416, "The file has " + std::to_string(size) + " bytes.");
  }
  if (kind == RangeKind::kPart) {
    exchange->set_header("Content-Range", "bytes " + std::to_string(range.first) + "-" +
                                              std::to_string(range.last) + "/" +
                                              std::to_string(size));
  }
  const int64_t length = range.last - range.first + 1;
  SoupServerMessage* const message = exchange->message();
  SoupMessageHeaders* const headers = soup_server_message_get_response_headers(message);
  soup_message_headers_set_content_type(headers, media_type.c_str(), nullptr);
  soup_message_headers_set_content_length(headers, length);
  soup_server_message_set_status(
      message, kind == RangeKind::kPart ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK, nullptr);
  if (length == 0 || exchange->method() == "HEAD" || lseek(fd->get(), range.first, SEEK_SET) < 0) {
    return exchange->resume();
  }
  soup_message_body_set_accumulate(soup_server_message_get_response_body(message), FALSE);
  (new Transfer(exchange, g_unix_input_stream_new(fd->release(), TRUE), length))->read();
}

}  // namespace filmgate::http
