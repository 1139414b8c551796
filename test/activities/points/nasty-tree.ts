/** A tree with everything that breaks backups, and a way to compare two trees that knows nothing of Muster's index. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Made by a shell script, because a name may be bytes that are not UTF-8. */
export async function makeNastyTree(root: string): Promise<void> {
  const script = `
    set -eu
    umask 022
    mkdir -p "$1"; cd "$1"
    mkdir -p plain empty "deep/er/and/deeper" 'with space' set-gid sticky locked
    i=0; while [ $i -lt 300 ]; do echo "file $i $(seq $i 60)" > "plain/$i.txt"; i=$((i+1)); done
    printf 'a' > "$(printf 'new\\nline')"
    printf 'b' > "$(printf 'tab\\there')"
    printf 'c' > "$(printf 'not-utf8-\\377\\376')"
    printf 'd' > "quote\\"and'quote"
    printf 'e' > 'back\\slash'
    printf 'f' > './-dash'
    printf 'g' > 'with space/ leading and trailing '
    printf 'h' > '*glob?[x]'
    printf 'i' > '\\141'
    : > zero
    head -c 3000000 /dev/urandom > large
    ln large hard-1; ln large deep/hard-2; ln plain/7.txt plain/hard-7
    ln -s plain/1.txt link; ln -s /nowhere/at/all dangling; ln -s "$(printf 'to\\nnew')" "$(printf 'link\\nnew')"
    ln -s . loop
    truncate -s 50M sparse; printf x | dd of=sparse bs=1 seek=40000000 conv=notrunc 2>/dev/null
    mkfifo pipe
    chmod 4755 plain/2.txt; chmod 0000 plain/3.txt; chmod 2775 set-gid; chmod 1777 sticky
    printf 'j' > locked/inside; chmod 0500 locked
    chown 1234:4321 plain/4.txt; chown -h 1234:4321 link; chown nobody:nogroup plain/5.txt empty
    setfattr -n user.note -v 'kept' plain/6.txt
    setfattr -n user.dir -v 'kept' deep
    setfacl -m u:1234:rwx plain/8.txt
    setfacl -d -m g:4321:rx deep/er
    touch -d '1999-12-31 23:59:59.123456789' plain/9.txt
    touch -d '2031-01-01 00:00:00.5' plain/10.txt
    touch -h -d '2001-02-03 04:05:06.7' link
    touch -d '2002-02-02 02:02:02.222' deep/er/and deep/er deep empty plain
    touch -d '2003-03-03 03:03:03.333' .
  `;
  await run('bash', ['-c', script, 'make', root]);
}

/** One line for every fact of every entry: type, mode, ids, size, time to the nanosecond, target, hash, links, attributes. */
export async function describeTree(root: string): Promise<string> {
  const script = `
    cd "$1" || exit
    export LC_ALL=C
    find . -printf '%y %m %U %G %T@ %n %p -> %l\\0' | sort -z | tr '\\n\\0' '\\001\\n'
    find . -type f -printf '%s %p\\0' | sort -z | tr '\\n\\0' '\\001\\n'
    find . -type f -print0 | sort -z | xargs -0 -r sha256sum -z | tr '\\n\\0' '\\001\\n'
    find . -type f -links +1 -printf '%p\\t%i\\0' | sort -z |
      awk 'BEGIN{RS="\\0";FS="\\t"}{i=$NF; $NF=""; if(!(i in n)) n[i]=++c; print n[i], $0}'
    getfattr -R -h -d -m - -e hex . | sort
    getfacl -R -n -P .
  `;
  const { stdout } = await run('bash', ['-c', script, 'describe', root], { maxBuffer: 64 << 20, encoding: 'latin1' });
  return stdout;
}
