//! What SQLite asks of a file system, answered by [`Disk`]. With unsafe code, and why it is sound.
//!
//! Why it is sound, as far as this side goes. SQLite calls these functions with what it got from them: a file is memory of
//! `szOsFile` bytes that SQLite owns, which [`open`] fills and [`close`] empties, and a file is used by one thread at a
//! time. Buffers and names live as long as the call. The VFS is made once and never freed; every function that it does
//! not care about is the one of the system's VFS. Pages of shared memory are atomics in boxes, which live until the last
//! connection let go of them. Nothing here panics across the border: there is no indexing and no unwrapping.
#![allow(unsafe_code, reason = "SQLite's interface for file systems is in C")]

use crate::disk::{Disk, Outcome, mounted};
use rusqlite::ffi;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering, fence};

/// As on the systems that Chiron runs on: a write that is torn leaves the bytes beside it as they were.
const CHARACTERISTICS: c_int = ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE;
const SECTOR_BYTES: c_int = 4096;

/// An open file. SQLite sees the first member only.
#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    /// From `Box::into_raw`, until the file is closed.
    handle: *mut Handle,
}

struct Handle {
    disk: Disk,
    name: String,
    /// Tells connections apart.
    number: u64,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Makes this the VFS that SQLite uses unless it is told another. Files that lie on no simulated disk are handed to the
/// system's.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: initialising and finding the default VFS are always allowed; it is never freed.
        let system = unsafe {
            ffi::sqlite3_initialize();
            ffi::sqlite3_vfs_find(std::ptr::null()).as_ref()
        };
        let Some(system) = system else { return };
        let own = c_int::try_from(size_of::<OpenFile>()).unwrap_or(c_int::MAX);
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            szOsFile: own.max(system.szOsFile),
            pNext: std::ptr::null_mut(),
            zName: c"simulation".as_ptr(),
            pAppData: std::ptr::from_ref(system).cast_mut().cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
            ..*system
        }));
        // SAFETY: the VFS is whole and lives for ever.
        unsafe { ffi::sqlite3_vfs_register(vfs, 1) };
    });
}

/// The system's VFS.
///
/// # Safety
/// `vfs` is the one that [`install`] made.
unsafe fn system(vfs: *mut ffi::sqlite3_vfs) -> *mut ffi::sqlite3_vfs {
    // SAFETY: by the caller; `pAppData` was set when it was made.
    unsafe { (*vfs).pAppData.cast() }
}

/// The simulated disk and the name of a file on it.
///
/// # Safety
/// `name` is null or a text that ends with a zero.
unsafe fn on_disk(name: *const c_char) -> Option<(Disk, String)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by the caller.
    let name = unsafe { CStr::from_ptr(name) };
    mounted(name.to_str().ok()?)
}

fn code(outcome: Outcome<()>) -> c_int {
    outcome.err().unwrap_or(ffi::SQLITE_OK)
}

fn busy_unless(is_done: bool) -> c_int {
    if is_done { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: called by SQLite with the VFS that was registered, a name or null, room for a file of either VFS.
    unsafe {
        let Some((disk, name)) = on_disk(name) else {
            let system = system(vfs);
            return (*system)
                .xOpen
                .map_or(ffi::SQLITE_CANTOPEN, |open| open(system, name, file, flags, out_flags));
        };
        let file = file.cast::<OpenFile>();
        // Without methods SQLite does not close what could not be opened.
        (*file).base.pMethods = std::ptr::null();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let opened = disk.open(&name, number, flags);
        if opened.is_ok() {
            (*file).handle = Box::into_raw(Box::new(Handle { disk, name, number }));
            (*file).base.pMethods = &raw const METHODS;
            if let Some(out) = out_flags.as_mut() {
                *out = flags;
            }
        }
        code(opened)
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, is_synced: c_int) -> c_int {
    // SAFETY: called by SQLite with the VFS that was registered and a name.
    unsafe {
        match on_disk(name) {
            Some((disk, name)) => code(disk.delete(&name, is_synced != 0)),
            None => {
                let system = system(vfs);
                (*system).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |delete| delete(system, name, is_synced))
            }
        }
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: called by SQLite with the VFS that was registered, a name, and room for the answer.
    unsafe {
        match on_disk(name) {
            Some((disk, name)) => {
                *out = c_int::from(disk.is_there(&name));
                ffi::SQLITE_OK
            }
            None => {
                let system = system(vfs);
                (*system).xAccess.map_or(ffi::SQLITE_IOERR_ACCESS, |access| access(system, name, flags, out))
            }
        }
    }
}

unsafe extern "C" fn full_pathname(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: called by SQLite with the VFS that was registered; handed on unchanged.
    unsafe {
        let system = system(vfs);
        (*system).xFullPathname.map_or(ffi::SQLITE_CANTOPEN, |full| full(system, name, length, out))
    }
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    // With shared memory, without memory-mapped files.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// What a file of ours is.
///
/// # Safety
/// `file` was opened by [`open`] on a simulated disk and is not closed yet.
unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a Handle {
    // SAFETY: by the caller; the handle is changed by nobody and freed when the file is closed.
    unsafe { &*(*file.cast::<OpenFile>()).handle }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once.
    let handle = unsafe { Box::from_raw((*file.cast::<OpenFile>()).handle) };
    handle.disk.with_locks(&handle.name, |locks| locks.lower(handle.number, ffi::SQLITE_LOCK_NONE));
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, length: c_int, at: i64) -> c_int {
    let (Ok(length), Ok(at)) = (usize::try_from(length), usize::try_from(at)) else {
        return ffi::SQLITE_IOERR;
    };
    // SAFETY: the file is open, and there is room for so many bytes.
    let (handle, into) = unsafe { (handle(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), length)) };
    match handle.disk.read(&handle.name, at, into) {
        Ok(found) if found == length => ffi::SQLITE_OK,
        Ok(found) => {
            into.iter_mut().skip(found).for_each(|byte| *byte = 0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
        Err(code) => code,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    bytes: *const c_void,
    length: c_int,
    at: i64,
) -> c_int {
    let (Ok(length), Ok(at)) = (usize::try_from(length), usize::try_from(at)) else {
        return ffi::SQLITE_IOERR;
    };
    // SAFETY: the file is open, and there are so many bytes.
    let (handle, bytes) = unsafe { (handle(file), std::slice::from_raw_parts(bytes.cast::<u8>(), length)) };
    code(handle.disk.write(&handle.name, at, bytes))
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let Ok(length) = usize::try_from(length) else { return ffi::SQLITE_IOERR };
    code(handle.disk.truncate(&handle.name, length))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    code(handle.disk.sync(&handle.name, handle.number))
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: the file is open, and there is room for the answer.
    unsafe {
        let handle = handle(file);
        *out = i64::try_from(handle.disk.length(&handle.name)).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    busy_unless(handle.disk.with_locks(&handle.name, |locks| locks.raise(handle.number, level)))
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    handle.disk.with_locks(&handle.name, |locks| locks.lower(handle.number, level));
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: the file is open, and there is room for the answer.
    unsafe {
        let handle = handle(file);
        *out = c_int::from(handle.disk.with_locks(&handle.name, |locks| locks.is_reserved()));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR_BYTES
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    CHARACTERISTICS
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    bytes: c_int,
    is_wanted: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    let (Ok(page), Ok(bytes)) = (usize::try_from(page), usize::try_from(bytes)) else {
        return ffi::SQLITE_IOERR;
    };
    let address = handle.disk.shared_page(&handle.name, handle.number, (page, bytes), is_wanted != 0);
    // SAFETY: there is room for the answer.
    unsafe { *out = address.map_or(std::ptr::null_mut(), |address| address.cast_mut().cast()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    busy_unless(handle.disk.lock_shared(&handle.name, handle.number, (first, count), flags))
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let handle = unsafe { handle(file) };
    handle.disk.leave_shared(&handle.name, handle.number);
    ffi::SQLITE_OK
}
