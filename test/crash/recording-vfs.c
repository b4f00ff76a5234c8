/*
 * A loadable SQLite extension: a VFS that records what reaches the disk.
 *
 * It becomes the default VFS of the process and hands every call to the one that was the default before. Writes, syncs,
 * truncations and deletions of databases and their logs are appended to the file that RECORDING names, one write(2)
 * each, so that the order in the recording is the order in which they happened, also among threads.
 *
 * One record, integers big-endian: length of the rest (4), kind (1: w s t d), length of path (2), path, offset (8), data.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sqlite3ext.h"
SQLITE_EXTENSION_INIT1

typedef struct {
  sqlite3_file base;
  const char *path; /* SQLite keeps it until xClose; NULL: not recorded */
  sqlite3_file *real; /* lies behind this structure */
} RecordedFile;

static sqlite3_vfs *original;
static int recording = -1;

#define REAL(file) (((RecordedFile *)(file))->real)
#define RECORDED_KINDS (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)

static void put_integer(unsigned char *at, int bytes, sqlite3_uint64 value) {
  for (int i = bytes - 1; i >= 0; i--, value >>= 8) at[i] = (unsigned char)value;
}

static void record(char kind, const char *path, sqlite3_int64 offset, const void *data, int data_bytes) {
  if (path == NULL) return;
  size_t path_bytes = strlen(path);
  size_t total = 4 + 1 + 2 + path_bytes + 8 + (size_t)data_bytes;
  unsigned char *bytes = malloc(total);
  if (bytes == NULL) abort();
  put_integer(bytes, 4, total - 4);
  bytes[4] = (unsigned char)kind;
  put_integer(bytes + 5, 2, path_bytes);
  memcpy(bytes + 7, path, path_bytes);
  put_integer(bytes + 7 + path_bytes, 8, (sqlite3_uint64)offset);
  if (data_bytes > 0) memcpy(bytes + 15 + path_bytes, data, (size_t)data_bytes);
  /* A recording with a hole would prove nothing. */
  if (write(recording, bytes, total) != (ssize_t)total) abort();
  free(bytes);
}

static int file_close(sqlite3_file *file) { return REAL(file)->pMethods->xClose(REAL(file)); }
static int file_read(sqlite3_file *file, void *data, int bytes, sqlite3_int64 offset) {
  return REAL(file)->pMethods->xRead(REAL(file), data, bytes, offset);
}
static int file_write(sqlite3_file *file, const void *data, int bytes, sqlite3_int64 offset) {
  record('w', ((RecordedFile *)file)->path, offset, data, bytes);
  return REAL(file)->pMethods->xWrite(REAL(file), data, bytes, offset);
}
static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
  record('t', ((RecordedFile *)file)->path, size, NULL, 0);
  return REAL(file)->pMethods->xTruncate(REAL(file), size);
}
static int file_sync(sqlite3_file *file, int flags) {
  int result = REAL(file)->pMethods->xSync(REAL(file), flags);
  if (result == SQLITE_OK) record('s', ((RecordedFile *)file)->path, 0, NULL, 0);
  return result;
}
static int file_size(sqlite3_file *file, sqlite3_int64 *size) { return REAL(file)->pMethods->xFileSize(REAL(file), size); }
static int file_lock(sqlite3_file *file, int level) { return REAL(file)->pMethods->xLock(REAL(file), level); }
static int file_unlock(sqlite3_file *file, int level) { return REAL(file)->pMethods->xUnlock(REAL(file), level); }
static int file_check_lock(sqlite3_file *file, int *locked) {
  return REAL(file)->pMethods->xCheckReservedLock(REAL(file), locked);
}
static int file_control(sqlite3_file *file, int operation, void *argument) {
  return REAL(file)->pMethods->xFileControl(REAL(file), operation, argument);
}
static int file_sector_size(sqlite3_file *file) { return REAL(file)->pMethods->xSectorSize(REAL(file)); }
static int file_characteristics(sqlite3_file *file) { return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file)); }
static int file_shm_map(sqlite3_file *file, int page, int bytes, int extend, void volatile **memory) {
  return REAL(file)->pMethods->xShmMap(REAL(file), page, bytes, extend, memory);
}
static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags) {
  return REAL(file)->pMethods->xShmLock(REAL(file), offset, count, flags);
}
static void file_shm_barrier(sqlite3_file *file) { REAL(file)->pMethods->xShmBarrier(REAL(file)); }
static int file_shm_unmap(sqlite3_file *file, int delete) { return REAL(file)->pMethods->xShmUnmap(REAL(file), delete); }

/* Version 2: no memory-mapped input and output, which would pass by the recording. */
static const sqlite3_io_methods recorded_methods = {
    2,         file_close,       file_read,       file_write,   file_truncate,    file_sync,
    file_size, file_lock,        file_unlock,     file_check_lock, file_control,  file_sector_size,
    file_characteristics, file_shm_map, file_shm_lock, file_shm_barrier, file_shm_unmap, NULL, NULL};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
  RecordedFile *recorded = (RecordedFile *)file;
  recorded->real = (sqlite3_file *)&recorded[1];
  recorded->path = (flags & RECORDED_KINDS) ? path : NULL;
  int result = original->xOpen(original, path, recorded->real, flags, out_flags);
  recorded->base.pMethods = recorded->real->pMethods ? &recorded_methods : NULL;
  return result;
}
static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
  record('d', path, 0, NULL, 0);
  int result = original->xDelete(original, path, sync_folder);
  if (result == SQLITE_OK && sync_folder) record('s', path, 0, NULL, 0);
  return result;
}
static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *result) {
  return original->xAccess(original, path, flags, result);
}
static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int bytes, char *result) {
  return original->xFullPathname(original, path, bytes, result);
}
static int vfs_randomness(sqlite3_vfs *vfs, int bytes, char *result) { return original->xRandomness(original, bytes, result); }
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) { return original->xSleep(original, microseconds); }
static int vfs_time(sqlite3_vfs *vfs, double *time) { return original->xCurrentTime(original, time); }
static int vfs_last_error(sqlite3_vfs *vfs, int bytes, char *text) { return original->xGetLastError(original, bytes, text); }
static int vfs_time_integer(sqlite3_vfs *vfs, sqlite3_int64 *time) { return original->xCurrentTimeInt64(original, time); }

static sqlite3_vfs recording_vfs = {
    .iVersion = 2,
    .zName = "recording",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time_integer,
};

int sqlite3_recordingvfs_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
  SQLITE_EXTENSION_INIT2(api);
  const char *path = getenv("RECORDING");
  recording = path ? open(path, O_WRONLY | O_APPEND | O_CREAT, 0600) : -1;
  if (recording < 0) {
    *error = sqlite3_mprintf("RECORDING names no file that can be written");
    return SQLITE_ERROR;
  }
  original = sqlite3_vfs_find(NULL);
  recording_vfs.szOsFile = (int)sizeof(RecordedFile) + original->szOsFile;
  recording_vfs.mxPathname = original->mxPathname;
  int result = sqlite3_vfs_register(&recording_vfs, 1);
  return result == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : result;
}
