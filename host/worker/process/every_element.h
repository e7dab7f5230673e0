// Reaches the elements of a pipeline: those that are in it, and those that decodebin adds later.
#pragma once

#include <gst/gst.h>

namespace filmgate::worker {

// Calls `attach` once for each element, from whichever thread adds it. Before the pipeline leaves
// NULL.
inline void on_every_element(GstElement* pipeline, void (*attach)(GstElement* element)) {
  struct Hook {
    void (*attach)(GstElement*);
  };
  auto* const hook = new Hook{attach};
  const auto added = [](GstBin*, GstBin*, GstElement* element, gpointer data) {
    static_cast<Hook*>(data)->attach(element);
  };
  const auto forget = [](gpointer data, GClosure*) { delete static_cast<Hook*>(data); };
  g_signal_connect_data(pipeline, "deep-element-added", G_CALLBACK(+added), hook, +forget,
                        GConnectFlags{});
  GstIterator* elements = gst_bin_iterate_recurse(GST_BIN(pipeline));
  const auto visit = [](const GValue* item, gpointer data) {
    static_cast<Hook*>(data)->attach(GST_ELEMENT(g_value_get_object(item)));
  };
  gst_iterator_foreach(elements, visit, hook);
  gst_iterator_free(elements);
}

}  // namespace filmgate::worker
