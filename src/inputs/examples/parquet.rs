//! Files of Parquet as hubs keep data sets: columns of texts and labels, and pictures or sounds as bytes.
//!
//! The library that reads them checks less than this room wants, so that what a column may unpack to is
//! bounded by what the file says before, and a panic within it counts as a damaged file.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use ::parquet::{
    basic::{Compression, LogicalType, Type},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, DataType},
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
    schema::types::ColumnDescriptor,
};
use serde_json::Value;

use super::{
    bounds::{MAX_CHUNK, MAX_COLUMNS, MAX_PARQUET, MAX_ROWS, MAX_TABLE},
    table::Table,
};
use crate::inputs::fault::{Fault, shown};

/// A file whose columns are known, and whose rows wait.
pub(super) struct Parquet {
    reader: SerializedFileReader<File>,
    /// Names of columns, with dots between those of nested ones.
    pub(super) columns: Vec<String>,
    pub(super) rows: usize,
}

impl Parquet {
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let metadata = path.metadata().map_err(|error| Fault::new(error.to_string()))?;
        if !metadata.is_file() || metadata.len() > MAX_PARQUET {
            return Err(Fault::new(format!("it is no file of at most {} GiB", MAX_PARQUET >> 30)));
        }
        let file = File::open(path).map_err(|error| Fault::new(error.to_string()))?;
        let reader = guarded(|| SerializedFileReader::new(file))?;
        let schema = reader.metadata().file_metadata().schema_descr();
        let columns: Vec<String> = schema.columns().iter().map(|column| column.path().string()).collect();
        if columns.len() > MAX_COLUMNS {
            return Err(Fault::new(format!(
                "it has {} columns, at most {MAX_COLUMNS} are read",
                columns.len()
            )));
        }
        let groups = reader.metadata().row_groups();
        let rows = groups.iter().try_fold(0_usize, |sum, group| {
            sum.checked_add(usize::try_from(group.num_rows()).ok()?).filter(|rows| *rows <= MAX_ROWS)
        });
        let rows = rows.ok_or_else(|| Fault::new(format!("it claims more than {MAX_ROWS} rows")))?;
        Ok(Self { reader, columns, rows })
    }

    /// Some columns as a table, with what numbers stand for where the file says it.
    pub(super) fn table(&self, wanted: &[usize]) -> Result<Table, Fault> {
        let mut table = Table::new(wanted.iter().map(|column| self.columns[*column].clone()).collect())?;
        let bytes = |column: &usize| -> i64 {
            self.reader
                .metadata()
                .row_groups()
                .iter()
                .map(|group| group.column(*column).uncompressed_size().max(0))
                .sum()
        };
        if wanted.iter().map(bytes).sum::<i64>() as u64 > MAX_TABLE {
            return Err(Fault::new(format!("its columns have more than {} MiB", MAX_TABLE >> 20)));
        }
        for column in wanted {
            if let Some(names) = self.names(&self.columns[*column]) {
                table.names.insert(self.columns[*column].clone(), names);
            }
        }
        for group in 0..self.reader.num_row_groups() {
            let rows = self.group_rows(group);
            let columns: Vec<_> = wanted
                .iter()
                .map(|column| self.cells(group, *column, 0, rows).map(Vec::into_iter))
                .collect::<Result<_, _>>()?;
            let mut columns = columns;
            for _ in 0..rows {
                let row =
                    columns.iter_mut().map(|column| column.next().flatten().map(Cell::text).transpose());
                table.rows.push(row.collect::<Result<_, _>>()?);
            }
        }
        Ok(table)
    }

    /// The bytes in some rows of a column, of rows that ascend.
    pub(super) fn bytes(&self, column: usize, rows: &[usize]) -> Vec<Result<Vec<u8>, Fault>> {
        let mut found = Vec::with_capacity(rows.len());
        let mut first = 0;
        for group in 0..self.reader.num_row_groups() {
            let count = self.group_rows(group);
            let here: Vec<usize> =
                rows.iter().copied().filter(|row| (first..first + count).contains(row)).collect();
            if let (Some(from), Some(to)) = (here.first(), here.last()) {
                match self.cells(group, column, from - first, to - from + 1) {
                    Ok(mut cells) => found.extend(here.iter().map(|row| {
                        let cell = cells.get_mut(row - from).and_then(Option::take);
                        cell.map_or_else(|| Err(Fault::new("the row has no bytes")), |cell| Ok(cell.bytes()))
                    })),
                    Err(fault) => found.extend(here.iter().map(|_| Err(fault.clone()))),
                }
            }
            first += count;
        }
        found.resize_with(rows.len(), || Err(Fault::new("there is no such row")));
        found
    }

    fn group_rows(&self, group: usize) -> usize {
        usize::try_from(self.reader.metadata().row_group(group).num_rows()).unwrap_or_default()
    }

    /// Some cells of a column in a row group.
    fn cells(
        &self,
        group: usize,
        column: usize,
        skip: usize,
        take: usize,
    ) -> Result<Vec<Option<Cell>>, Fault> {
        let name = &self.columns[column];
        let within =
            |fault: Fault| Fault { reason: format!("column `{}`: {}", shown(name), fault.reason), ..fault };
        let chunk = self.reader.metadata().row_group(group).column(column);
        if chunk.uncompressed_size() > MAX_CHUNK {
            let reason = format!(
                "{} bytes of it lie together, at most {MAX_CHUNK} are read",
                chunk.uncompressed_size()
            );
            return Err(within(Fault::new(reason).hint("write it with fewer rows in a row group")));
        }
        if !matches!(chunk.compression(), Compression::UNCOMPRESSED | Compression::SNAPPY) {
            let reason = format!("it is compressed by {}, which is not read", chunk.compression());
            return Err(within(Fault::new(reason).hint("write it with the compression `snappy`")));
        }
        let description = self.reader.metadata().file_metadata().schema_descr().column(column);
        if description.max_rep_level() > 0 {
            return Err(within(Fault::new("its cells are lists")));
        }
        let cells = guarded(|| {
            let reader = self.reader.get_row_group(group)?.get_column_reader(column)?;
            read_any(reader, &description, skip, take)
        });
        cells
            .and_then(|cells| {
                if cells.len() == take {
                    Ok(cells)
                } else {
                    Err(Fault::new("it has fewer rows than the file says"))
                }
            })
            .map_err(within)
    }

    /// Whether a column has bytes that are no text.
    pub(super) fn is_binary(&self, column: usize) -> bool {
        let description = self.reader.metadata().file_metadata().schema_descr().column(column);
        let text = matches!(description.logical_type_ref(), Some(LogicalType::String));
        description.physical_type() == Type::BYTE_ARRAY && !text && description.max_rep_level() == 0
    }

    /// What the numbers of a column stand for, as the library `datasets` writes it beside the schema.
    fn names(&self, column: &str) -> Option<Vec<String>> {
        let pairs = self.reader.metadata().file_metadata().key_value_metadata()?;
        let stored = pairs.iter().find(|pair| pair.key == "huggingface")?.value.as_ref()?;
        let stored = declass_formats::parse_json(stored.as_bytes()).ok()?;
        let names = stored["info"]["features"].get(column)?.get("names")?.as_array()?;
        names.iter().map(|name| Value::as_str(name).map(str::to_owned)).collect()
    }
}

/// A cell of the kinds that are read.
enum Cell {
    Bytes(ByteArray),
    Number(i64),
    Truth(bool),
}

impl Cell {
    fn text(self) -> Result<String, Fault> {
        match self {
            Self::Bytes(bytes) => {
                String::from_utf8(bytes.data().to_vec()).map_err(|_| Fault::new("a text is no UTF-8"))
            }
            Self::Number(number) => Ok(number.to_string()),
            Self::Truth(truth) => Ok(u8::from(truth).to_string()),
        }
    }

    fn bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.data().to_vec(),
            Self::Number(_) | Self::Truth(_) => Vec::new(),
        }
    }
}

fn read_any(
    reader: ColumnReader,
    column: &ColumnDescriptor,
    skip: usize,
    take: usize,
) -> Result<Vec<Option<Cell>>, ParquetError> {
    let most = column.max_def_level();
    match reader {
        ColumnReader::ByteArrayColumnReader(reader) => read(reader, most, skip, take, Cell::Bytes),
        ColumnReader::Int32ColumnReader(reader) => read(reader, most, skip, take, |n| Cell::Number(n.into())),
        ColumnReader::Int64ColumnReader(reader) => read(reader, most, skip, take, Cell::Number),
        ColumnReader::BoolColumnReader(reader) => read(reader, most, skip, take, Cell::Truth),
        _ => Err(ParquetError::General(format!("its type is {}", column.physical_type()))),
    }
}

/// Some cells; those that are null have no value among the values.
fn read<T: DataType>(
    mut reader: ColumnReaderImpl<T>,
    most: i16,
    skip: usize,
    take: usize,
    cell: impl Fn(T::T) -> Cell,
) -> Result<Vec<Option<Cell>>, ParquetError> {
    reader.skip_records(skip)?;
    let (mut levels, mut values, mut rows) = (Vec::new(), Vec::new(), 0);
    while rows < take {
        let (read, ..) =
            reader.read_records(take - rows, (most > 0).then_some(&mut levels), None, &mut values)?;
        if read == 0 {
            break;
        }
        rows += read;
    }
    let mut values = values.into_iter().map(cell);
    if most == 0 {
        return Ok(values.map(Some).collect());
    }
    Ok(levels.into_iter().map(|level| if level == most { values.next() } else { None }).collect())
}

/// The answer of the library, whose panics are errors like others: some of its checks are assertions.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, Fault> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            Err(Fault::new(format!("it is no Parquet that can be read ({})", shown(&error.to_string()))))
        }
        Err(_) => Err(Fault::new("it is damaged in a way that its reader does not expect")),
    }
}
