//! What is too much, of everything.

/// Most files below a folder.
pub(super) const MAX_FILES: usize = 2_000_000;
/// Most folders within each other.
pub(super) const MAX_DEPTH: usize = 16;
/// Most examples of any kind.
pub(super) const MAX_ROWS: usize = 10_000_000;
/// Most bytes of a table, which is read as a whole: its texts stay in memory.
pub(super) const MAX_TABLE: u64 = 1 << 30;
/// Most bytes of one row of a table.
pub(super) const MAX_ROW: usize = 8 << 20;
/// Most columns of a table.
pub(super) const MAX_COLUMNS: usize = 1024;
/// Most bytes of a file of Parquet, of which only parts are read.
pub(super) const MAX_PARQUET: u64 = 64 << 30;
/// Most bytes that a column of a row group may unpack to.
pub(super) const MAX_CHUNK: i64 = 1 << 30;
/// Most entries of lists that are made for people.
pub(super) const MAX_LISTED: usize = 100_000;
