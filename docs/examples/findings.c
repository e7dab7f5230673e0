/* Decodes a file, measures its picture and sound with qualityprobe, and prints what is wrong with
 * it. Ends with 0 when nothing was found, with 1 when something was, with 2 when the file can't be
 * decoded.
 *
 * cc findings.c -o findings $(pkg-config --cflags --libs gstreamer-1.0)
 * GST_PLUGIN_PATH=/where/libgstfilmgate.so/is ./findings clip.mp4 [PRESET]
 *
 * PRESET is strict, lenient or broadcast; GStreamer looks for presets in GST_PRESET_PATH too.
 */
#include <gst/gst.h>
#include <stdio.h>

typedef struct {
  GstElement *pipeline;
  const char *preset;
  int streams;
  int findings;
} Program;

/* A decoded stream: its own converter and probe, since one probe measures one stream. */
static void on_pad_added(GstElement *decoder, GstPad *pad, gpointer data) {
  Program *program = data;
  GstCaps *caps = gst_pad_get_current_caps(pad);
  const char *media = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  const char *line = NULL;
  (void)decoder;
  if (g_str_has_prefix(media, "video/x-raw"))
    line = "queue ! videoconvert ! qualityprobe name=probe interval=0 ! fakesink";
  else if (g_str_has_prefix(media, "audio/x-raw"))
    line = "queue ! audioconvert ! qualityprobe name=probe interval=0 ! fakesink";
  gst_caps_unref(caps);

  GError *error = NULL;
  GstElement *branch =
      gst_parse_bin_from_description(line ? line : "queue ! fakesink", TRUE, &error);
  if (branch == NULL) {
    GST_ELEMENT_ERROR(program->pipeline, CORE, MISSING_PLUGIN, ("%s", error->message), (NULL));
    g_error_free(error);
    return;
  }
  GstElement *probe = gst_bin_get_by_name(GST_BIN(branch), "probe");
  if (probe != NULL) {
    if (program->preset != NULL && !gst_preset_load_preset(GST_PRESET(probe), program->preset))
      fprintf(stderr, "there is no preset \"%s\"; the defaults are used\n", program->preset);
    gst_object_unref(probe);
    program->streams++;
  }
  gst_bin_add(GST_BIN(program->pipeline), branch);
  gst_element_sync_state_with_parent(branch);
  GstPad *sink = gst_element_get_static_pad(branch, "sink");
  gst_pad_link(pad, sink);
  gst_object_unref(sink);
}

static void print_finding(Program *program, const GstStructure *structure) {
  const char *type = gst_structure_get_string(structure, "type");
  guint64 start = 0, end = 0;
  if (g_strcmp0(type, "finding") != 0) return;
  gst_structure_get_uint64(structure, "start", &start);
  gst_structure_get_uint64(structure, "end", &end);
  printf("%s: %s from %.3f s to %.3f s (%s)\n", gst_structure_get_string(structure, "media"),
         gst_structure_get_string(structure, "finding"), (double)start / GST_SECOND,
         (double)end / GST_SECOND, gst_structure_get_string(structure, "severity"));
  program->findings++;
}

/* Until the end or the first error; FALSE for an error. */
static gboolean run(Program *program) {
  GstBus *bus = gst_element_get_bus(program->pipeline);
  gboolean ended = FALSE, good = TRUE;
  while (!ended) {
    GstMessage *message = gst_bus_timed_pop_filtered(
        bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    switch (GST_MESSAGE_TYPE(message)) {
      case GST_MESSAGE_ELEMENT:
        if (gst_message_has_name(message, "qualityprobe"))
          print_finding(program, gst_message_get_structure(message));
        break;
      case GST_MESSAGE_ERROR: {
        GError *error = NULL;
        gst_message_parse_error(message, &error, NULL);
        fprintf(stderr, "%s\n", error->message);
        g_error_free(error);
        ended = TRUE;
        good = FALSE;
        break;
      }
      default:
        ended = TRUE;
        break;
    }
    gst_message_unref(message);
  }
  gst_object_unref(bus);
  return good;
}

int main(int argc, char **argv) {
  gst_init(&argc, &argv);
  if (argc < 2 || argc > 3) {
    fprintf(stderr, "usage: %s FILE [PRESET]\n", argv[0]);
    return 2;
  }
  GError *error = NULL;
  char *uri = gst_filename_to_uri(argv[1], &error);
  if (uri == NULL) {
    fprintf(stderr, "%s\n", error->message);
    g_error_free(error);
    return 2;
  }
  Program program = {gst_pipeline_new(NULL), argc > 2 ? argv[2] : NULL, 0, 0};
  GstElement *decoder = gst_element_factory_make("uridecodebin", NULL);
  g_object_set(decoder, "uri", uri, NULL);
  g_free(uri);
  g_signal_connect(decoder, "pad-added", G_CALLBACK(on_pad_added), &program);
  gst_bin_add(GST_BIN(program.pipeline), decoder);

  gst_element_set_state(program.pipeline, GST_STATE_PLAYING);
  gboolean good = run(&program);
  gst_element_set_state(program.pipeline, GST_STATE_NULL);
  gst_object_unref(program.pipeline);
  if (!good) return 2;
  printf("%d streams measured, %d findings\n", program.streams, program.findings);
  return program.findings > 0 ? 1 : 0;
}
