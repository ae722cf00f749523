// Unix domain sockets beside ports of the loopback interface: between processes of one user they cost half of what TCP does.
#pragma once

namespace dflow::net {

struct Address;

/// Whoever listens at such an address listens under a name made of it, too: one in the abstract namespace, which the kernel
/// keeps for each network namespace of its own, as it does ports, and forgets with the socket. So an address leads to the
/// same process by both ways, or by TCP alone, and nothing is left of processes that are killed.
///
/// Both ends have the kernel say (SO_PEERCRED) that the other is of this user: anybody may take a name, as anybody may take a
/// port. All descriptors are the caller's, close-on-exec, and -1 where it has to be TCP: the address is not a number, or
/// not of the loopback interface; nobody listens there, or somebody else; there are no more files; DFLOW_UNIX_SOCKETS=0.

/// Takes connections, without waiting for them.
int listen_beside(const Address& address);

/// The next connection. -1 if there is none, which `errno` tells (EAGAIN), or if it is another user's (EACCES).
int accept_beside(int listening);

/// A connection, which blocks. Does not wait for one.
int connect_beside(const Address& address);

}  // namespace dflow::net
