/* Holds a file at a metadatagate until somebody decides: prints what is known of it, reads "yes" or
 * a reason against it from standard input, and writes the approved file, tagged with its metadata.
 * Ends with 0 when it was approved, with 1 when rules or the person rejected it.
 *
 * cc review.c -o review $(pkg-config --cflags --libs gstreamer-1.0)
 * GST_PLUGIN_PATH=/where/libgstfilmgate.so/is ./review clip.mp4 clip.json out.mp4
 */
#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

static const char kRules[] = "{\"metadata.title\": {\"type\": \"string\", \"minLength\": 1}}";

/* In a thread of its own, since reading waits; the gate's signals may come from any thread. */
static gpointer decide(gpointer gate) {
  char answer[200] = "";
  gboolean taken = FALSE;
  if (fgets(answer, sizeof answer, stdin) == NULL) strcpy(answer, "nobody answered");
  g_strchomp(answer);
  if (strcmp(answer, "yes") == 0)
    g_signal_emit_by_name(gate, "approve", &taken);
  else
    g_signal_emit_by_name(gate, "reject", answer, &taken);
  if (!taken) fprintf(stderr, "the decision came too late\n");
  return NULL;
}

static void print_reasons(const GstStructure *structure) {
  const GValue *reasons = gst_structure_get_value(structure, "reasons");
  for (guint i = 0; i < gst_value_array_get_size(reasons); i++)
    printf("  %s\n", g_value_get_string(gst_value_array_get_value(reasons, i)));
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc != 4) {
    fprintf(stderr, "usage: %s VIDEO SIDECAR OUTPUT\n", argv[0]);
    return 2;
  }
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch(
      "filesrc name=in ! qtdemux name=demux demux.video_0 ! queue ! h264parse ! "
      "metadatagate name=gate hold=true inject-tags=true ! mp4mux ! filesink name=out",
      &error);
  if (pipeline == NULL) {
    fprintf(stderr, "%s\n", error->message);
    g_error_free(error);
    return 2;
  }
  GstElement *gate = gst_bin_get_by_name(GST_BIN(pipeline), "gate");
  GstElement *in = gst_bin_get_by_name(GST_BIN(pipeline), "in");
  GstElement *out = gst_bin_get_by_name(GST_BIN(pipeline), "out");
  g_object_set(in, "location", argv[1], NULL);
  g_object_set(out, "location", argv[3], NULL);
  g_object_set(gate, "sidecar", argv[2], "rules", kRules, NULL);
  gst_object_unref(in);
  gst_object_unref(out);

  GThread *person = NULL;
  GstBus *bus = gst_element_get_bus(pipeline);
  int result = 1;
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  for (gboolean ended = FALSE; !ended;) {
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
      result = 0;
      ended = TRUE;
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message, &error, NULL);
      fprintf(stderr, "%s\n", error->message);
      g_clear_error(&error);
      ended = TRUE;
    } else if (gst_message_has_name(message, "metadatagate")) {
      const GstStructure *structure = gst_message_get_structure(message);
      const char *verdict = gst_structure_get_string(structure, "verdict");
      printf("%s\n", verdict);
      print_reasons(structure);
      if (strcmp(verdict, "hold") == 0) {
        printf("%s\nyes, or what is wrong with it?\n",
               gst_structure_get_string(structure, "facts"));
        person = g_thread_new("person", decide, gate);
      }
      fflush(stdout);
    }
    gst_message_unref(message);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  if (person != NULL) g_thread_join(person);
  gst_object_unref(bus);
  gst_object_unref(gate);
  gst_object_unref(pipeline);
  return result;
}
