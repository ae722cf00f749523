// Turns a directory of PNG images into thumbnails and a contact sheet.
//
//     thumbnails DIRECTORY OUT SIDE     writes a thumbnail of at most SIDE x SIDE for each image, and all of them on one
//                                       sheet, into the directory OUT, as .ppm; prints their sizes and checksums

#include <dflow/dflow.h>

#include <png.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace fs = std::filesystem;

struct Image {
  int width = 0, height = 0;
  std::vector<unsigned char> pixels;   // red, green, blue, row by row

  unsigned char* at(int x, int y) { return pixels.data() + (static_cast<std::size_t>(y) * width + x) * 3; }
  const unsigned char* at(int x, int y) const { return pixels.data() + (static_cast<std::size_t>(y) * width + x) * 3; }
};

Image blank(int width, int height) {
  return {width, height, std::vector<unsigned char>(static_cast<std::size_t>(width) * height * 3, 255)};
}

[[dflow::task]] Image load(const std::string& name) {
  png_image file{};
  file.version = PNG_IMAGE_VERSION;
  const png_color white{255, 255, 255};
  if (png_image_begin_read_from_file(&file, name.c_str()) == 0) throw std::runtime_error(name + ": " + file.message);
  file.format = PNG_FORMAT_RGB;
  Image image = blank(static_cast<int>(file.width), static_cast<int>(file.height));
  if (png_image_finish_read(&file, &white, image.pixels.data(), 0, nullptr) == 0) throw std::runtime_error(name + ": " + file.message);
  return image;
}

/// Each pixel of the result is the mean of those that it stands for. Images that fit stay as they are.
[[dflow::task]] Image shrink(const Image& image, int side) {
  const int longest = std::max(image.width, image.height);
  if (longest <= side) return image;
  Image small = blank(std::max(1, image.width * side / longest), std::max(1, image.height * side / longest));
  for (int y = 0; y < small.height; ++y) {
    const int top = y * image.height / small.height, bottom = (y + 1) * image.height / small.height;
    for (int x = 0; x < small.width; ++x) {
      const int left = x * image.width / small.width, right = (x + 1) * image.width / small.width;
      long sums[3] = {};
      for (int i = top; i < bottom; ++i) {
        for (int j = left; j < right; ++j) {
          for (int c = 0; c < 3; ++c) sums[c] += image.at(j, i)[c];
        }
      }
      for (int c = 0; c < 3; ++c) small.at(x, y)[c] = static_cast<unsigned char>(sums[c] / ((bottom - top) * (right - left)));
    }
  }
  return small;
}

/// A row of the sheet: each image in the middle of its square.
[[dflow::task]] Image strip(const std::vector<Image>& images, int side, int columns) {
  Image row = blank(columns * side, side);
  for (std::size_t k = 0; k < images.size(); ++k) {
    const Image& image = images[k];
    const int left = static_cast<int>(k) * side + (side - image.width) / 2, top = (side - image.height) / 2;
    for (int y = 0; y < image.height; ++y) std::copy_n(image.at(0, y), image.width * 3, row.at(left, top + y));
  }
  return row;
}

[[dflow::task]] Image stack(Image upper, const Image& lower) {
  upper.pixels.insert(upper.pixels.end(), lower.pixels.begin(), lower.pixels.end());
  upper.height += lower.height;
  return upper;
}

struct Album {
  std::vector<dflow::Future<Image>> thumbnails;
  dflow::Future<Image> sheet;
};

[[dflow::graph]] Album make_album(dflow::Executor& ex, const std::vector<std::string>& names, int side, int columns) {
  Album album;
  for (const auto& name : names) album.thumbnails.push_back(ex.submit(shrink, ex.submit(load, name), side));
  std::vector<dflow::Future<Image>> strips;
  for (std::size_t from = 0; from < names.size(); from += columns) {
    std::vector<dflow::Future<Image>> row;
    for (std::size_t i = from; i < names.size() && i < from + columns; ++i) row.push_back(album.thumbnails[i]);
    strips.push_back(ex.submit(strip, row, side, columns));
  }
  album.sheet = ex.reduce(stack, strips, Image{columns * side, 0, {}});
  return album;
}

void save(const Image& image, const fs::path& name) {
  std::ofstream file(name, std::ios::binary);
  file << "P6\n" << image.width << ' ' << image.height << "\n255\n";
  file.write(reinterpret_cast<const char*>(image.pixels.data()), static_cast<std::streamsize>(image.pixels.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + name.string());
}

/// Adler's checksum, as zlib's.
void report(const std::string& name, const Image& image) {
  std::uint32_t a = 1, b = 0;
  for (const unsigned char byte : image.pixels) b = (b + (a = (a + byte) % 65521)) % 65521;
  std::printf("%s %d x %d %08x\n", name.c_str(), image.width, image.height, b << 16 | a);
}

int main(int argc, char** argv) try {
  dflow::Executor ex(argc, argv);
  const int side = argc == 4 ? std::atoi(argv[3]) : 0;
  if (side < 1) {
    std::fprintf(stderr, "usage: thumbnails DIRECTORY OUT SIDE\n");
    return 2;
  }
  const fs::path out = argv[2];
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(argv[1])) {
    if (entry.path().extension() == ".png") names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  fs::create_directories(out);

  const Album album = make_album(ex, names, side, 4);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string name = fs::path(names[i]).stem().string();
    const Image& image = album.thumbnails[i].get();
    save(image, out / (name + ".ppm"));
    report(name, image);
  }
  save(album.sheet.get(), out / "sheet.ppm");
  report("sheet", album.sheet.get());
} catch (const std::exception& error) {
  std::fprintf(stderr, "thumbnails: %s\n", error.what());
  return 1;
}
