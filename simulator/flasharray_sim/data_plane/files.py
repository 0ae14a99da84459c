# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.
"""Contents as sparse files.

    DIR/contents/N.img   what content N is; never written to again
    DIR/working/N.img    what hosts write to: the file of a volume that is,
                         or was, connected

- A volume that was never connected has no file of its own: it, its copies
  and its snapshots share the file of their content. A content that nobody
  holds but one volume with a working file has no file either.
- The modification time of a working file is set to `Volume.working[1]` when
  the array looks at what is in it. A host's write sets it to today; so the
  array finds out, also after it was killed.
- The two arrays of a stretched pod have one working file for a volume: its
  number is in the row, which both have. One whose copy goes offline keeps
  what is in it as a content of its own.
- Files are made before a transaction is kept, under numbers that no row of
  an earlier one has. What no row refers to is removed afterwards, or at the
  next start. While a working file is copied, no host can write.
"""

import contextlib
import dataclasses
import itertools
import os

from flasharray_sim.data_plane import sparse
from flasharray_sim.data_plane import store
from flasharray_sim.rules import containers
from flasharray_sim.rules import contents as content_rules
from flasharray_sim.state import keeping
from flasharray_sim.state import rows

_FORMAT = 'files'
_KINDS = ('contents', 'working')
# Larger simulated writes leave but a block now and then.
_LARGE_BYTES = 64 << 20
_STEP_BYTES = 16 << 20


@dataclasses.dataclass(frozen=True)
class _Origin:
    """How a content of the transaction under way is made.

    :ivar source: contents that `source_id` is among
    :ivar source_id: content it starts from, None for an empty one
    :ivar painted: a simulated write on top
    """
    source: content_rules.Contents
    source_id: int | None
    size_bytes: int | None = None
    painted: store.Extent | None = None


class Files(store.Identities):
    """Contents as sparse files in a directory, which is made if missing.

    :ivar paused: makes a context in which no host can write
    """

    def __init__(self, directory: str):
        self._directory = directory
        for kind in _KINDS:
            os.makedirs(os.path.join(directory, kind), mode=0o700,
                        exist_ok=True)
        self.paused = contextlib.nullcontext
        self._copier = sparse.Copier()
        self._arrays: list = []
        self._forget()

    def _forget(self):
        self._pause = contextlib.ExitStack()
        self._made: list[str] = []
        self._origins: dict[int, _Origin] = {}
        self._replaced: dict[tuple, rows.Volume] = {}
        self._touched: set[tuple] = set()
        self._volumes: set[tuple] = set()
        self._left: set[int] = set()
        self._split: list[tuple] = []

    def attach(self, array):
        self._arrays.append(array)
        watchers = {
            'Volume': self._volume_changed, 'Snapshot': self._touch_contents,
            'Content': self._content_changed,
            'Connection': self._connection_changed,
            'PodMember': self._member_changed}

        def watch(table, before, after):
            if table.name in watchers:
                watchers[table.name](array, before, after)
        array.db.watch(watch)

    def open(self, arrays):
        for array in arrays:
            if array.db.settings.find('name', store.FORMAT_SETTING):
                self._check_present(array)
            with array.transaction():
                array.core.change_setting(store.FORMAT_SETTING, _FORMAT)
                for row in array.db.volumes.select('state', ('any', 'all')):
                    self._volumes.add((array, row.id))
                self._touched.update(
                    (array, content_id)
                    for content_id in _content_ids(array))
        self._sweep(arrays)

    def path(self, volume: rows.Volume) -> str:
        """The working file of a volume that has one."""
        return self._path('working', volume.working[0])

    def observe(self, arrays):
        for array in arrays:
            if not array.fleet.is_online(array):
                continue
            for volume in list(array.db.volumes.select('working', 'any')):
                if (containers.pod_status(array.core, volume.name)
                        != 'offline'):
                    self._look(array, volume)

    def _look(self, array, volume):
        path = self.path(volume)
        if os.stat(path).st_mtime_ns == volume.working[1]:
            return
        working = volume.working[0], array.db.next_id()
        # First the mark: what is written after it is found the next time.
        _set_mark(path, working[1])
        ranges = sparse.data_map(path)
        with array.pod_guard.lifted():
            array.contents.observe(volume, ranges, working)

    def written(self, contents, volume, content_id, extent):
        if volume.working is None:
            self._origins[content_id] = _Origin(
                contents, volume.content_id, painted=extent)
            return None
        path = self.path(volume)
        working = volume.working[0], contents.db.next_id()
        with keeping.keeping(path), self.paused():
            _paint(path, contents, extent)
            _set_mark(path, working[1])
        return working

    def derived(self, content_id, source, source_id, size_bytes=None):
        self._origins[content_id] = _Origin(
            source, source_id, size_bytes)

    def narrow(self, contents, content_ids, ranges, block_bytes):
        paths = [self._readable(contents, content_id)
                 for content_id in content_ids]
        return sparse.differences(*paths, ranges, block_bytes)

    def _readable(self, contents, content_id):
        """A file that a content is in now."""
        volume = self._working_with(contents, content_id)
        return self.path(volume) if volume is not None else (
            self._content_file(contents, content_id))

    def prepare(self, arrays):
        for array, pod_id in self._split:
            self._separate(array, pod_id)
        for array, volume_id in self._replaced:
            if volume_id in array.db.volumes:
                self._set_working(
                    array, array.db.volumes.get(volume_id), None)
        while waiting := self._waiting_contents():
            for array, content_id in waiting:
                self._content_file(array.contents, content_id)
        for array, volume_id in sorted(
                self._volumes, key=lambda found: found[1]):
            if volume_id in array.db.volumes and array.db.connections.select(
                    'volume', volume_id):
                self._give_working(array, array.db.volumes.get(volume_id))

    def finish(self, arrays):
        for array, volume_id in self._volumes:
            if volume_id in array.db.volumes:
                self._fit(array.db.volumes.get(volume_id))
        self._pause.close()
        for array, content_id in self._touched:
            if not _needs_file(array.db, content_id):
                _remove(self._path('contents', content_id))
        for number in self._left:
            if not any(array.db.volumes.select('working', number)
                       for array in arrays):
                _remove(self._path('working', number))
        self._forget()

    def undo(self):
        self._pause.close()
        for path in self._made:
            _remove(path)
        self._forget()

    def _waiting_contents(self):
        """(array, content) of those without the file that they need."""
        return sorted(
            ((array, content_id) for array, content_id in self._touched
             if _needs_file(array.db, content_id)
             and not os.path.exists(self._path('contents', content_id))),
            key=lambda waiting: waiting[1])

    def _volume_changed(self, array, before, after):
        self._touch_contents(array, before, after)
        old, new = before and before.working, after and after.working
        if old and (not new or old[0] != new[0]):
            self._left.add(old[0])
        if after is not None:
            self._volumes.add((array, after.id))
        if old and old == new and before.content_id != after.content_id:
            self._replaced.setdefault((array, after.id), before)

    def _touch_contents(self, array, before, after):
        self._touched.update((array, row.content_id)
                             for row in (before, after)
                             if row and row.content_id is not None)

    def _content_changed(self, array, before, after):
        self._touched.add((array, (after or before).id))

    def _connection_changed(self, array, before, after):
        if after is not None:
            self._volumes.add((array, after.volume_id))

    def _member_changed(self, array, before, after):
        if after and after.array_id == array.id and (
                after.status == 'offline'):
            self._split.append((array, after.pod_id))

    def _separate(self, array, pod_id):
        """Let an array's copy of a pod be as it was, whatever comes."""
        if pod_id not in array.db.pods:
            return
        pod = array.db.pods.get(pod_id)
        with array.stretch.paused():
            for volume in list(containers.volumes(array.db, pod, 'all')):
                if volume.working is None:
                    continue
                if volume.content_id is not None:
                    self._content_file(array.contents, volume.content_id)
                array.db.volumes.change(volume, working=None)

    def _set_working(self, array, volume, working):
        with array.pod_guard.lifted():
            array.db.volumes.change(volume, working=working)

    def _give_working(self, array, volume):
        """Make the file that hosts will write to, if there is none."""
        if volume.working is not None:
            return
        working = array.db.next_id(), array.db.next_id()
        path = self._path('working', working[0])
        with self._making(path):
            if volume.content_id is None:
                _create(path)
            else:
                self._take_over(array, volume, path)
            os.truncate(path, volume.size_bytes)
            _set_mark(path, working[1])
        self._set_working(array, volume, working)

    def _take_over(self, array, volume, path):
        """Start from the content's file; it is copied if others need it."""
        source = self._content_file(array.contents, volume.content_id)
        holders = sum(
            len(table.select('content', volume.content_id))
            for table in (array.db.volumes, array.db.snapshots))
        if holders == 1 and os.stat(source).st_nlink == 1:
            os.link(source, path)
        else:
            self._copier.copy(source, path)

    def _fit(self, volume):
        """Give a working file the size of its volume."""
        if volume.working is None:
            return
        path = self.path(volume)
        if os.stat(path).st_size == volume.size_bytes:
            return
        with self.paused():
            is_known = os.stat(path).st_mtime_ns == volume.working[1]
            os.truncate(path, volume.size_bytes)
            if is_known:
                _set_mark(path, volume.working[1])

    def _content_file(self, contents, content_id) -> str:
        """Path of the file of a content, which is made if missing."""
        path = self._path('contents', content_id)
        if not os.path.exists(path):
            with self._making(path):
                self._make(contents, content_id, path)
        return path

    def _make(self, contents, content_id, path):
        volume = self._working_with(contents, content_id)
        origin = self._origins.get(content_id)
        if volume is not None and self._is_idle(volume):
            self._give_back(contents, volume, path)
        elif volume is not None:
            self._pause.enter_context(self.paused())
            self._copier.copy(self.path(volume), path)
        elif origin is not None:
            self._make_by(origin, path)
        else:
            _create(path)
            for extent in contents.extents(content_id):
                _paint(path, contents, extent)

    def _is_idle(self, volume):
        """Whether no host can write to a volume's working file."""
        number = volume.working[0]
        return not any(
            array.db.connections.select('volume', holder.id)
            for array in self._arrays
            for holder in (*array.db.volumes.select('working', number),
                           volume))

    def _give_back(self, contents, volume, path):
        """Make what a working file holds the content's file."""
        os.link(self.path(volume), path)
        for array in self._arrays:
            for holder in list(array.db.volumes.select(
                    'working', volume.working[0])):
                self._set_working(array, holder, None)

    def _make_by(self, origin, path):
        source = None if origin.source_id is None else self._content_file(
            origin.source, origin.source_id)
        if source is None:
            _create(path)
        elif origin.size_bytes is None and origin.painted is None:
            os.link(source, path)
        else:
            self._copier.copy(source, path)
        if origin.size_bytes is not None:
            os.truncate(path, origin.size_bytes)
        if origin.painted is not None:
            _paint(path, origin.source, origin.painted)

    def _working_with(self, contents, content_id):
        """A volume whose working file a content is in, or None."""
        for volume in contents.db.volumes.select('content', content_id):
            if volume.working is not None:
                return volume
        for (array, _volume_id), before in self._replaced.items():
            if array.contents is contents and (
                    before.content_id == content_id):
                return before
        return None

    @contextlib.contextmanager
    def _making(self, path):
        """Make a file inside, which goes if the transaction does."""
        with keeping.keeping(path):
            try:
                yield
            finally:
                self._made.append(path)

    def _path(self, kind: str, number: int) -> str:
        return os.path.join(self._directory, kind, f'{number}.img')

    def _check_present(self, array):
        """Refuse a directory that lacks what was written.

        :raises FileNotFoundError: it does
        """
        wanted = [self.path(volume) for volume
                  in array.db.volumes.select('working', 'any')]
        wanted.extend(self._path('contents', content_id)
                      for content_id in _content_ids(array)
                      if _needs_file(array.db, content_id))
        for path in wanted:
            if not os.path.exists(path):
                raise FileNotFoundError(
                    f'{path} is missing: {array.name} has written it')

    def _sweep(self, arrays):
        """Remove what a kill may have left behind."""
        wanted = set()
        for array in arrays:
            wanted.update(self.path(volume) for volume
                          in array.db.volumes.select('working', 'any'))
            wanted.update(self._path('contents', content_id)
                          for content_id in _content_ids(array)
                          if _needs_file(array.db, content_id))
        for path in self._all_files():
            if path not in wanted:
                _remove(path)

    def remove_all(self):
        for path in self._all_files():
            _remove(path)

    def _all_files(self):
        folders = [os.path.join(self._directory, kind) for kind in _KINDS]
        return list(itertools.chain.from_iterable(
            (entry.path for entry in os.scandir(folder)
             if entry.name.endswith('.img')) for folder in folders))


def _content_ids(array):
    return [row.id for row in array.db.contents.select('all', 'all')]


def _needs_file(db, content_id) -> bool:
    """Whether a content must be had apart from working files."""
    return content_id in db.contents and bool(
        db.snapshots.select('content', content_id)) or any(
            volume.working is None
            for volume in db.volumes.select('content', content_id))


def _set_mark(path, mark):
    os.utime(path, ns=(mark, mark))


def _create(path):
    with open(path, 'xb'):
        pass


def _paint(path, contents, extent):
    offset, length, write_id = extent
    write = contents.db.writes.get(write_id)
    with open(path, 'r+b') as stream:
        sparse.paint(stream.fileno(), offset, length,
                     contents.identity(write),
                     sparse.BLOCK_BYTES
                     if write.length_bytes <= _LARGE_BYTES else _STEP_BYTES)


def _remove(path):
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
