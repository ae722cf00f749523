// Which types can be sent to another process, and what dflowc has to say of their classes so that they can.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "compiler/codegen/exposures.h"
#include "compiler/frontend/recognise.h"

namespace dflow::compiler {

/// What cannot be sent, and the way to it.
struct Obstacle {
  std::vector<std::string> chain;  ///< "Tile::grids", "Grid::cells"; empty where it is the type itself.
  std::string what;                ///< "is a pointer"
  clang::QualType type;
  clang::SourceLocation at;  ///< The member's declaration, if a member's it is.
};

/// A class local to a function, which says itself what it is made of.
struct LocalExposure {
  const clang::CXXRecordDecl* record;
  std::vector<std::string> parts;
};

/// One walk over types; as include/dflow/detail/serialize_*.h. Remembers what it saw.
class SendableTypes {
 public:
  explicit SendableTypes(const Project& project) : project_(project) {}

  /// What stands against sending a value of this type; notes the classes in it that have to be exposed if
  /// nothing does.
  std::optional<Obstacle> find(clang::QualType type);

  /// In the order in which they were found.
  const std::vector<Exposure>& exposures() const { return exposures_; }
  const std::vector<LocalExposure>& local_exposures() const { return local_exposures_; }

 private:
  using Found = std::optional<Obstacle>;
  Found look(clang::QualType type);
  Found in_library(const clang::CXXRecordDecl& record, clang::QualType type);
  Found in_pointer(const clang::CXXRecordDecl& record, clang::QualType type);
  Found in_arguments(const clang::CXXRecordDecl& record, unsigned count);
  Found in_argument(const clang::TemplateArgument& argument);
  Found in_class(const clang::CXXRecordDecl& record, clang::QualType type);
  Found in_parts(const clang::CXXRecordDecl& record, bool bindable);
  Found in_member(const clang::FieldDecl& field, bool bindable);
  Found expose(const clang::CXXRecordDecl& record, clang::QualType type);
  std::vector<std::string> parts_of(const clang::CXXRecordDecl& record);
  bool is_whole(const clang::CXXRecordDecl& base);
  bool has_own(clang::QualType type) const;
  bool is_specialised(const clang::ClassTemplateDecl& serialize, clang::QualType type) const;

  const Project& project_;
  std::map<const clang::Type*, Found> known_;
  std::set<const clang::CXXRecordDecl*> active_;
  std::map<const clang::CXXRecordDecl*, clang::QualType> to_expose_;
  std::vector<const clang::CXXRecordDecl*> pending_;
  std::set<const clang::CXXRecordDecl*> exposed_;
  std::vector<Exposure> exposures_;
  std::vector<LocalExposure> local_exposures_;
};

}  // namespace dflow::compiler
