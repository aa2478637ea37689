/*
The 68 landmarks of faces by dlib, for comparison with our own.

    landmarks_dlib MODEL WAY PICTURES [OUT]

MODEL is dlib's shape predictor. PICTURES holds raw pictures one after another, little-endian: u32
width, u32 height, i32 left, top, width and height of a known box (width 0: none), and u8 [height,
width, 3] RGB. All are read into memory before anything is timed.

WAY boxes: only the predictor, on the known boxes; a picture without one has no face.
WAY detect: dlib's frontal face detector, then the predictor. Of several faces the one nearest to
the middle of the picture is taken, or to the middle of the known box where there is one.
WAY upsampled: as detect, and where nothing is found once more in the picture enlarged twofold. The
box is mapped back and the predictor sees the picture as it is, as in dlib's Python module.

Answers each line on standard input with "seconds faces": one round over all pictures. With OUT,
each round also writes (outside of the timed part) a line of JSON per picture to that file:
{"box": [left, top, width, height] or null, "points": [[x, y] of 68] or null}.

    landmarks_dlib decode LIST [OUT]

LIST is a text file of JPEG files, a path a line. Each line on standard input is answered with
"seconds pictures": all of them decoded by dlib, reading from disk included. With OUT, each round
also writes the pictures to that file, as PICTURES above and without known boxes.

The environment variable THREADS shares the pictures of a round among so many threads (default 1),
each with a detector of its own.
*/

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <dlib/image_loader/jpeg_loader.h>
#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_processing/shape_predictor.h>
#include <dlib/image_transforms/interpolation.h>

using Pixels = dlib::array2d<dlib::rgb_pixel>;
using Detector = dlib::frontal_face_detector;
/** A box and 68 points, or no points where there is no face. */
using Face = dlib::full_object_detection;

struct Picture {
  Pixels pixels;
  /** Empty where none is known. */
  dlib::rectangle box;
};

std::vector<Picture> read_pictures(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  std::vector<Picture> pictures;
  // Numbers are taken as they lie: the machines that this runs on are little-endian.
  std::int32_t header[6];
  while (file.read(reinterpret_cast<char*>(header), sizeof header)) {
    const long width = header[0], height = header[1], left = header[2], top = header[3];
    Picture picture;
    picture.pixels.set_size(height, width);
    // In dlib the right and lower edges are the last column and row inside.
    if (header[4] > 0) {
      picture.box = dlib::rectangle(left, top, left + header[4] - 1, top + header[5] - 1);
    }
    auto* bytes = static_cast<char*>(dlib::image_data(picture.pixels));
    if (!file.read(bytes, 3 * width * height)) throw std::runtime_error(path + " ends early");
    pictures.push_back(std::move(picture));
  }
  return pictures;
}

/** The box with its middle nearest to the known box's or else the picture's; empty if none is. */
dlib::rectangle nearest(const std::vector<dlib::rectangle>& boxes, const Picture& picture) {
  const auto middle =
      dlib::dcenter(picture.box.is_empty() ? dlib::get_rect(picture.pixels) : picture.box);
  dlib::rectangle best;
  double smallest = std::numeric_limits<double>::infinity();
  for (const auto& box : boxes) {
    const double distance = dlib::length_squared(dlib::dcenter(box) - middle);
    if (distance < smallest) {
      smallest = distance;
      best = box;
    }
  }
  return best;
}

dlib::rectangle detect(Detector& detector, const Picture& picture, bool upsampled) {
  auto boxes = detector(picture.pixels);
  if (boxes.empty() && upsampled) {
    const dlib::pyramid_down<2> halving;
    Pixels enlarged;
    dlib::pyramid_up(picture.pixels, enlarged, halving);
    boxes = detector(enlarged);
    for (auto& box : boxes) box = halving.rect_down(box);
  }
  return nearest(boxes, picture);
}

/** Calls work(thread, index) once for every index and returns the seconds that it all took. */
template <typename Work>
double timed(std::size_t count, unsigned threads, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next{0};
  const auto run = [&](unsigned thread) {
    for (std::size_t index; (index = next++) < count;) work(thread, index);
  };
  std::vector<std::thread> others;
  for (unsigned thread = 1; thread < threads; thread++) others.emplace_back(run, thread);
  run(0);
  for (auto& other : others) other.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void write_faces(const std::string& path, const std::vector<Face>& faces) {
  std::ofstream file(path);
  for (const auto& face : faces) {
    if (face.num_parts() == 0) {
      file << "{\"box\":null,\"points\":null}\n";
      continue;
    }
    const auto& box = face.get_rect();
    file << "{\"box\":[" << box.left() << "," << box.top() << "," << box.width() << ","
         << box.height() << "],\"points\":[";
    for (unsigned long i = 0; i < face.num_parts(); i++) {
      file << (i > 0 ? ",[" : "[") << face.part(i).x() << "," << face.part(i).y() << "]";
    }
    file << "]}\n";
  }
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

void serve_faces(const std::string& model, const std::string& way, const std::string& file,
                 const std::string& out, unsigned threads) {
  dlib::shape_predictor predictor;
  dlib::deserialize(model) >> predictor;
  const auto pictures = read_pictures(file);
  std::vector<Detector> detectors(threads, dlib::get_frontal_face_detector());
  std::vector<Face> faces(pictures.size());
  for (std::string line; std::getline(std::cin, line);) {
    const double seconds = timed(pictures.size(), threads, [&](unsigned thread, std::size_t index) {
      const auto& picture = pictures[index];
      const auto box = way == "boxes" ? picture.box
                                      : detect(detectors[thread], picture, way == "upsampled");
      faces[index] = box.is_empty() ? Face() : predictor(picture.pixels, box);
    });
    std::size_t found = 0;
    for (const auto& face : faces) found += face.num_parts() > 0;
    if (!out.empty()) write_faces(out, faces);
    std::cout << seconds << " " << found << std::endl;
  }
}

void write_pictures(const std::string& path, const std::vector<Pixels>& pictures) {
  std::ofstream file(path, std::ios::binary);
  for (const auto& pixels : pictures) {
    const long width = pixels.nc(), height = pixels.nr();
    const std::int32_t header[6] = {std::int32_t(width), std::int32_t(height), 0, 0, 0, 0};
    file.write(reinterpret_cast<const char*>(header), sizeof header);
    file.write(static_cast<const char*>(dlib::image_data(pixels)), 3 * width * height);
  }
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

void serve_decoding(const std::string& list, const std::string& out, unsigned threads) {
  std::ifstream file(list);
  if (!file) throw std::runtime_error("cannot open " + list);
  std::vector<std::string> paths;
  for (std::string path; std::getline(file, path);) paths.push_back(path);
  // Only where they are written all pictures are kept.
  std::vector<Pixels> pictures(out.empty() ? 0 : paths.size());
  for (std::string line; std::getline(std::cin, line);) {
    const double seconds = timed(paths.size(), threads, [&](unsigned, std::size_t index) {
      Pixels pixels;
      dlib::load_jpeg(pixels, paths[index]);
      if (!out.empty()) pictures[index].swap(pixels);
    });
    if (!out.empty()) write_pictures(out, pictures);
    std::cout << seconds << " " << paths.size() << std::endl;
  }
}

int main(int count, char** values) {
  std::vector<std::string> args(values + 1, values + count);
  const char* number = std::getenv("THREADS");
  const unsigned threads = number ? std::max(1, std::atoi(number)) : 1;
  std::cout << std::setprecision(9);
  try {
    const std::string way = args.size() < 2 ? "" : args[0] == "decode" ? "decode" : args[1];
    if (way == "decode") {
      args.resize(3);
      serve_decoding(args[1], args[2], threads);
      return 0;
    }
    if (args.size() >= 3 && (way == "boxes" || way == "detect" || way == "upsampled")) {
      args.resize(4);
      serve_faces(args[0], way, args[2], args[3], threads);
      return 0;
    }
    std::cerr << "landmarks_dlib MODEL boxes|detect|upsampled PICTURES [OUT]\n"
                 "landmarks_dlib decode LIST [OUT]\n";
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "landmarks_dlib: " << error.what() << "\n";
    return 1;
  }
}
