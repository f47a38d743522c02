#!/bin/sh
# headers.sh - ASYNC functions in one unit with all of libc's public headers, and with those of libraries that programs use: everything
# parses without a message, what stands outside ASYNC functions comes out byte for byte, and the text compiles.
#   COMPILERS     default: $CC alone (gcc)
#   BRIOGEN, CC   as for golden.sh
# Prints TAP; libraries whose headers are not there are skipped.
. "$(dirname "$0")/setup.sh"
compiler=${CC#ccache }
: "${COMPILERS:=${compiler%% *}}"
cd "$work" || exit 1

libc='
a.out.h aio.h aliases.h alloca.h ar.h argp.h argz.h arpa/ftp.h arpa/inet.h arpa/nameser.h arpa/nameser_compat.h arpa/telnet.h arpa/tftp.h assert.h
byteswap.h complex.h cpio.h ctype.h dirent.h dlfcn.h elf.h endian.h envz.h err.h errno.h error.h execinfo.h fcntl.h features-time64.h features.h
fenv.h fmtmsg.h fnmatch.h fpu_control.h fstab.h fts.h ftw.h gconv.h getopt.h glob.h gnu-versions.h grp.h gshadow.h iconv.h ieee754.h ifaddrs.h
inttypes.h langinfo.h lastlog.h libgen.h libintl.h limits.h link.h locale.h malloc.h math.h mcheck.h memory.h mntent.h monetary.h mqueue.h
net/ethernet.h net/if.h net/if_arp.h net/if_packet.h net/if_ppp.h net/if_shaper.h net/if_slip.h net/ppp-comp.h net/ppp_defs.h net/route.h netash/ash.h
netatalk/at.h netax25/ax25.h netdb.h neteconet/ec.h netinet/ether.h netinet/icmp6.h netinet/if_ether.h netinet/if_fddi.h netinet/if_tr.h
netinet/igmp.h netinet/in.h netinet/in_systm.h netinet/ip.h netinet/ip6.h netinet/ip_icmp.h netinet/tcp.h netinet/udp.h netipx/ipx.h netiucv/iucv.h
netpacket/packet.h netrom/netrom.h netrose/rose.h nfs/nfs.h nl_types.h nss.h obstack.h paths.h poll.h printf.h proc_service.h protocols/routed.h
protocols/rwhod.h protocols/talkd.h protocols/timed.h pthread.h pty.h pwd.h re_comp.h regex.h resolv.h rpc/netdb.h sched.h scsi/scsi.h
scsi/scsi_ioctl.h scsi/sg.h search.h semaphore.h setjmp.h sgtty.h shadow.h signal.h spawn.h stab.h stdc-predef.h stdint.h stdio.h stdio_ext.h stdlib.h
string.h strings.h sys/acct.h sys/auxv.h sys/bitypes.h sys/cdefs.h sys/debugreg.h sys/dir.h sys/epoll.h sys/errno.h sys/eventfd.h sys/fanotify.h
sys/fcntl.h sys/file.h sys/fsuid.h sys/gmon.h sys/gmon_out.h sys/inotify.h sys/io.h sys/ioctl.h sys/ipc.h sys/kd.h sys/klog.h sys/mman.h sys/mount.h
sys/msg.h sys/mtio.h sys/param.h sys/pci.h sys/perm.h sys/personality.h sys/pidfd.h sys/platform/x86.h sys/poll.h sys/prctl.h sys/procfs.h
sys/profil.h sys/ptrace.h sys/queue.h sys/quota.h sys/random.h sys/raw.h sys/reboot.h sys/reg.h sys/resource.h sys/rseq.h sys/select.h sys/sem.h
sys/sendfile.h sys/shm.h sys/signal.h sys/signalfd.h sys/single_threaded.h sys/socket.h sys/socketvar.h sys/soundcard.h sys/stat.h sys/statfs.h
sys/statvfs.h sys/swap.h sys/syscall.h sys/sysinfo.h sys/syslog.h sys/sysmacros.h sys/termios.h sys/time.h sys/timeb.h sys/timerfd.h sys/times.h
sys/timex.h sys/ttychars.h sys/ttydefaults.h sys/types.h sys/ucontext.h sys/uio.h sys/un.h sys/unistd.h sys/user.h sys/utsname.h sys/vfs.h
sys/vlimit.h sys/vt.h sys/wait.h sys/xattr.h syscall.h sysexits.h syslog.h tar.h termio.h termios.h tgmath.h thread_db.h threads.h time.h ttyent.h
uchar.h ucontext.h ulimit.h unistd.h utime.h utmp.h utmpx.h values.h wait.h wchar.h wctype.h wordexp.h
'

write_entry()
{
    cat <<'END'
#include <brio.h>
static ASYNC int wait_for(double seconds) { AWAIT(brio_sleep(seconds)); return (int)seconds; }
ASYNC long entry(int count, const char *text)
{
    long total = 0;
    NURSERY(n) {
        for (int i = 0; i < count; i++)
            SPAWN(n, brio_sleep(i));
        total += AWAIT(wait_for(count)) + text[0];
    }
    return total;
}
END
}

# LINES OF HEADERS: each that is there.
write_includes()
{
    for header in $1; do
        printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$header" "$header"
    done
}

preprocess()
{
    # shellcheck disable=SC2086
    "$compiler" -std=gnu11 -D_GNU_SOURCE -I"$top/include" $flags -E -DBRIO_GENERATOR "$1.c" -o "$1.i"
}

compiles()
{
    "$BRIOGEN" -Werror "$1.i" -o "$1.out.c" || return 1
    "$compiler" -std=gnu11 -w -x cpp-output -c "$1.out.c" -o "$1.o"
}

# The headers before our own, then behind all of them.
stays_before()
{
    { write_includes "$1"; write_entry; } >before.c
    preprocess before && compiles before || return 1
    own=$(grep -ab '^# 1 "[^"]*brio\.h" 1' before.i | head -n 1 | cut -d: -f1)
    [ "$own" -gt 1000 ] && cmp -n "$own" before.i before.out.c
}

stays_behind()
{
    { write_entry; echo '#line 1000'; write_includes "$1"; } >behind.c
    preprocess behind && compiles behind || return 1
    own=$(grep -ab '^# 1000 "behind\.c"' behind.i | tail -n 1 | cut -d: -f1)
    rest=$(($(wc -c <behind.i) - own - 20))
    [ "$rest" -gt 1000 ] || return 1
    tail -c "$rest" behind.i >behind.in && tail -c "$rest" behind.out.c | cmp - behind.in
}

# NAME PACKAGE HEADERS
library()
{
    flags=
    [ -z "$2" ] || flags=$(pkg-config --cflags "$2" 2>/dev/null)
    # shellcheck disable=SC2086
    if [ -n "$2" ] && ! echo "#include <${3%% *}>" | $CC -std=gnu11 $flags -E - >/dev/null 2>&1; then
        tap_skip "$1" "its headers are not installed"
        return
    fi
    for compiler in $COMPILERS; do
        check "$1 before an ASYNC function, $compiler" stays_before "$3"
        check "$1 behind it, $compiler" stays_behind "$3"
    done
}

library libc "" "$libc"
library libev libev ev.h
library Check check check.h
library OpenSSL openssl "openssl/ssl.h openssl/err.h openssl/evp.h openssl/x509v3.h openssl/pem.h openssl/bio.h openssl/rand.h openssl/hmac.h
    openssl/conf.h openssl/engine.h openssl/cms.h openssl/ocsp.h openssl/ts.h openssl/provider.h"
library curl libcurl "curl/curl.h curl/multi.h"
library sqlite3 sqlite3 "sqlite3.h sqlite3ext.h"
library zlib zlib zlib.h
library libuv libuv uv.h
library glib glib-2.0 "glib.h glib-object.h gio/gio.h gmodule.h"
tap_done
