//! The statement over all files: read, and written as another tool would read it.

#![no_main]

use declass::sign::Manifest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(manifest) = Manifest::read(bytes) else { return };
    assert_eq!(Manifest::read(&manifest.to_statement()).as_ref(), Ok(&manifest));
    let _ = manifest.files().keys().filter(|path| manifest.ignores(path)).count();
});
