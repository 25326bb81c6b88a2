//! Embeddings that earlier runs have left in a folder, so that a run that was killed goes on where it was, and that
//! the next command on the same examples is quick.
//!
//! What decides an embedding is its key: a folder holds those of one network up to one cut, prepared in one way, and
//! a file in it some examples by the digests of their contents. A file is called after its own digest, appears whole
//! or not at all, and is never changed: whatever else lies there is ignored.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use declass_formats::{Dtype, Sha256Digest, TensorInfo, read_regular};

use crate::{
    arrays::{Array, Arrays, Container, write},
    sign::{is_leftover, remove_leftovers, write_whole},
};

/// Examples of one file, at most.
pub(super) const ROWS: usize = 64;
/// Bytes of a file beside its rows, at most.
const HEADER: usize = 1 << 12;
/// Files that are read of one folder, at most: four million examples.
const MAX_FILES: usize = 1 << 16;
/// How a file's name ends.
const ENDING: &str = ".safetensors";

/// What is kept of one network, and what of it was wanted.
pub(super) struct Kept {
    folder: PathBuf,
    width: usize,
    rows: HashMap<Sha256Digest, Vec<f32>>,
    /// The files that the rows are from.
    files: Vec<PathBuf>,
    notes: Vec<String>,
    is_writable: bool,
}

impl Kept {
    /// What a folder has of these examples, by the key of all that decides an embedding.
    pub(super) fn open(at: &Path, key: Sha256Digest, width: usize, wanted: &[Sha256Digest]) -> Self {
        let folder = at.join(key.to_string());
        let (rows, files, notes) = (HashMap::new(), Vec::new(), Vec::new());
        let mut kept = Self { folder, width, rows, files, notes, is_writable: true };
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&kept.folder);
        if let Err(error) = made.and_then(|()| kept.read(&wanted.iter().copied().collect())) {
            kept.give_up(&error);
        }
        kept
    }

    fn read(&mut self, wanted: &HashSet<Sha256Digest>) -> io::Result<()> {
        let mut names: Vec<_> = Vec::new();
        for entry in fs::read_dir(&self.folder)?.take(MAX_FILES) {
            names.push(entry?.file_name());
        }
        names.sort_unstable();
        for name in names {
            let path = self.folder.join(&name);
            match name.to_str() {
                Some(name) if is_leftover(name) => {}
                Some(name) => match self.rows_of(&path, name) {
                    Ok(rows) => {
                        self.rows.extend(rows.into_iter().filter(|(example, _)| wanted.contains(example)));
                        self.files.push(path);
                    }
                    Err(reason) => self.ignore(&path, &reason),
                },
                None => self.ignore(&path, "its name is none of a file of embeddings"),
            }
        }
        Ok(())
    }

    /// The examples and embeddings of a file that is what its name says.
    fn rows_of(&self, path: &Path, name: &str) -> Result<Vec<(Sha256Digest, Vec<f32>)>, String> {
        let digest = name.strip_suffix(ENDING).and_then(Sha256Digest::from_hexadecimal);
        let digest = digest.ok_or("its name is none of a file of embeddings")?;
        let most =
            ROWS.saturating_mul(self.width.saturating_mul(4).saturating_add(32)).saturating_add(HEADER);
        let bytes = read_regular(path, most as u64).map_err(|error| error.problem.to_string())?;
        if Sha256Digest::of(&bytes) != digest {
            return Err("it is damaged".into());
        }
        let mut arrays = Arrays::open(&bytes).map_err(|problem| problem.reason)?;
        let read = arrays.read(&["examples", "embeddings"]).map_err(|problem| problem.reason)?;
        let [examples, embeddings] = &read[..] else { return Err("it lacks an array".into()) };
        let rows = examples.info.shape.first().copied().unwrap_or_default();
        let fits = examples.info == info(Dtype::U8, [rows, 32])
            && embeddings.info == info(Dtype::F32, [rows, self.width]);
        let numbers = embeddings.info.dtype.decode(&embeddings.bytes).filter(|_| fits);
        let numbers = numbers.ok_or("its arrays are none of embeddings")?;
        if !numbers.iter().all(|number| number.is_finite()) {
            return Err("not all its numbers are finite".into());
        }
        let digests = examples.bytes.as_chunks::<32>().0.iter().map(|digest| Sha256Digest(*digest));
        Ok(digests.zip(numbers.chunks_exact(self.width.max(1)).map(<[f32]>::to_vec)).collect())
    }

    /// The embedding of an example, by the digest of its content.
    pub(super) fn row(&self, example: &Sha256Digest) -> Option<&[f32]> {
        self.rows.get(example).map(Vec::as_slice)
    }

    /// Leaves some embeddings, at most [`ROWS`], for later runs. Where that cannot be, it is said, and the run goes on.
    pub(super) fn add(&mut self, rows: &[(Sha256Digest, &[f32])]) {
        if rows.is_empty() || !self.is_writable {
            return;
        }
        let examples: Vec<u8> = rows.iter().flat_map(|(example, _)| example.0).collect();
        let numbers: Vec<u8> =
            rows.iter().flat_map(|(_, row)| *row).flat_map(|it| it.to_le_bytes()).collect();
        let array = |info, bytes: Vec<u8>| Array { info, bytes: bytes.into() };
        let arrays = BTreeMap::from([
            ("examples".to_owned(), array(info(Dtype::U8, [rows.len(), 32]), examples)),
            ("embeddings".to_owned(), array(info(Dtype::F32, [rows.len(), self.width]), numbers)),
        ]);
        let bytes =
            write(&arrays, Container::Safetensors).map_err(|problem| io::Error::other(problem.reason));
        let written = bytes.and_then(|bytes| {
            write_whole(&self.folder.join(format!("{}{ENDING}", Sha256Digest::of(&bytes))), &bytes)
        });
        if let Err(error) = written {
            self.give_up(&error);
        }
    }

    /// Removes all that was read: it is not what is computed now.
    pub(super) fn discard(&mut self) {
        self.rows.clear();
        remove_leftovers(&self.folder);
        for path in std::mem::take(&mut self.files) {
            let _ = fs::remove_file(path);
        }
        let folder = self.folder.display();
        self.notes.push(format!(
            "embeddings in `{folder}` are not those that are computed here now: they were removed and are computed again"
        ));
    }

    /// Where it lies.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was ignored, in sentences.
    pub(super) fn into_notes(self) -> Vec<String> {
        self.notes
    }

    fn ignore(&mut self, path: &Path, reason: &str) {
        self.notes.push(format!("`{}` is ignored: {reason}", path.display().to_string().escape_debug()));
    }

    fn give_up(&mut self, error: &io::Error) {
        self.is_writable = false;
        self.notes.push(format!("no embeddings are kept in `{}`: {error}", self.folder.display()));
    }
}

fn info(dtype: Dtype, shape: [usize; 2]) -> TensorInfo {
    TensorInfo { dtype, shape: shape.to_vec() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(number: u8) -> Sha256Digest {
        Sha256Digest::of(&[number])
    }

    fn open(at: &Path, width: usize) -> Kept {
        let wanted: Vec<Sha256Digest> = (0..4).map(example).collect();
        Kept::open(at, Sha256Digest::of(b"network"), width, &wanted)
    }

    /// A folder with the embeddings of three examples in two files.
    fn filled() -> (tempfile::TempDir, PathBuf) {
        let at = tempfile::tempdir().unwrap();
        let mut kept = open(at.path(), 2);
        kept.add(&[(example(0), &[1.5, -0.0]), (example(1), &[0.1, 3.0])]);
        kept.add(&[(example(9), &[7.0, 7.0])]);
        let folder = kept.folder().to_owned();
        assert!(kept.into_notes().is_empty());
        (at, folder)
    }

    #[test]
    fn what_is_kept_is_read_again_to_the_last_bit_and_only_what_is_wanted() {
        let (at, folder) = filled();
        let kept = open(at.path(), 2);
        assert_eq!(kept.row(&example(0)).unwrap().iter().map(|x| x.to_bits()).collect::<Vec<_>>(), {
            [1.5_f32.to_bits(), (-0.0_f32).to_bits()]
        });
        assert_eq!(kept.row(&example(1)), Some(&[0.1, 3.0][..]));
        assert_eq!((kept.row(&example(2)), kept.row(&example(9))), (None, None));
        assert!(kept.into_notes().is_empty());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        // Another network has nothing there.
        let other = Kept::open(at.path(), Sha256Digest::of(b"other"), 2, &[example(0)]);
        assert_eq!(other.row(&example(0)), None);
    }

    #[test]
    fn files_that_are_damaged_or_not_of_embeddings_are_ignored_and_named() {
        let (at, folder) = filled();
        for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let mut bytes = fs::read(&path).unwrap();
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
            fs::write(&path, &bytes).unwrap();
        }
        let named = |bytes: &[u8]| folder.join(format!("{}{ENDING}", Sha256Digest::of(bytes)));
        fs::write(named(b"no arrays"), b"no arrays").unwrap();
        fs::write(folder.join("notes.txt"), b"of somebody").unwrap();
        let huge = vec![0; 1 << 20];
        fs::write(named(&huge), &huge).unwrap();
        let kept = open(at.path(), 2);
        assert_eq!(kept.row(&example(0)), None);
        let notes = kept.into_notes();
        assert_eq!(notes.len(), 5, "{notes:#?}");
        assert_eq!(notes.iter().filter(|note| note.ends_with("is ignored: it is damaged")).count(), 2);
        assert!(notes.iter().any(|note| note.contains("notes.txt` is ignored: its name")), "{notes:#?}");
        assert!(folder.join("notes.txt").exists(), "it is somebody's");
    }

    #[test]
    fn embeddings_of_another_width_and_numbers_that_are_none_are_not_taken() {
        let (at, folder) = filled();
        assert_eq!(open(at.path(), 3).into_notes().len(), 2);
        let mut kept = open(at.path(), 2);
        kept.discard();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        kept.add(&[(example(0), &[f32::NAN, 0.0])]);
        assert_eq!(open(at.path(), 2).row(&example(0)), None);
    }

    #[test]
    fn where_nothing_can_be_written_it_is_said_once() {
        let at = tempfile::tempdir().unwrap();
        let file = at.path().join("file");
        fs::write(&file, b"").unwrap();
        let mut kept = open(&file, 2);
        kept.add(&[(example(0), &[1.0, 2.0])]);
        let notes = kept.into_notes();
        assert!(notes.len() == 1 && notes[0].starts_with("no embeddings are kept in"), "{notes:?}");
    }
}
