#include <memory>

#include "tools/dflow/command_line.h"
#include "tools/dflow/security_commands.h"

// Options to `dflow security`: nothing else happens here.
namespace dflow::tools {
namespace {

constexpr std::uint64_t kMostDays = 3650;

using Options = std::shared_ptr<SecurityOptions>;

void add_subject(CLI::App& command, const Options& options) {
  command
      .add_option("--host", options->hosts,
                  "A name or IP address by which others reach the machine; may be repeated (this machine's own)")
      ->type_name("HOST")
      ->expected(1)
      ->take_all();
  command.add_option("--user", options->user, "Whose programs a client runs (who calls this)")
      ->type_name("USER")
      ->check([](const std::string& user) { return user.empty() ? "nobody has an empty name" : ""; }, "", "");
  command.add_option("--name", options->name, "What `dflow security show` calls it (the first host)")->type_name("NAME");
  add_count(
      command, "--days", [options](std::uint64_t days) { options->days = days; }, "How long it is valid (365)", kMostDays, 1);
  command.add_flag("--force", options->force, "Replace what is there");
}

void add_init(CLI::App& security, Run& run) {
  CLI::App* command = security.add_subcommand(
      "init", "Make an authority in ~/.dflow/security, and certificates of this machine for all roles");
  const auto options = std::make_shared<SecurityOptions>();
  add_subject(*command, options);
  command->callback([&run, options] { run = [options] { return security_init(*options); }; });
}

void add_issue(CLI::App& security, Run& run) {
  CLI::App* command = security.add_subcommand("issue", "Make certificates for another user, another machine, or other names");
  const auto options = std::make_shared<SecurityOptions>();
  command->add_option("ROLE", options->roles, "client, scheduler, agent or worker; several, for a machine of several roles")
      ->required();
  add_subject(*command, options);
  command
      ->add_option("--output", options->output,
                   "A folder that holds all that is needed on another machine, to be copied there as ~/.dflow/security")
      ->type_name("DIR");
  command->callback([&run, options] { run = [options] { return security_issue(*options); }; });
}

void add_revoke(CLI::App& security, Run& run) {
  CLI::App* command = security.add_subcommand("revoke", "Make certificates worthless before they end");
  const auto options = std::make_shared<SecurityOptions>();
  command->add_option("SERIAL", options->which, "As `dflow security show` prints it, or its beginning; or a certificate's file")
      ->required();
  command->callback([&run, options] { run = [options] { return security_revoke(*options); }; });
}

void add_show(CLI::App& security, Run& run) {
  CLI::App* command = security.add_subcommand("show", "Print which certificates there are, for whom, and how long they are valid");
  const auto options = std::make_shared<SecurityOptions>();
  command->add_flag("--json", options->json, "As JSON");
  command->callback([&run, options] { run = [options] { return security_show(*options); }; });
}

}  // namespace

void add_security_commands(CLI::App& app, Run& run) {
  CLI::App* security =
      app.add_subcommand("security", "Make and revoke the certificates that clusters of several machines need");
  security->require_subcommand(1);
  add_init(*security, run);
  add_issue(*security, run);
  add_revoke(*security, run);
  add_show(*security, run);
}

}  // namespace dflow::tools
