//! What a file holds, told by its bytes.

use super::{
    BEGINNING, Glimpse, MIN_UNKNOWN,
    archive::{self, Inside},
    inflate::unpacked,
    pickle::is_pickle,
    protobuf, text, written,
};

/// What a file holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// An archive, and not all that is in it is known.
    Archive,
    /// Pictures, sound, documents, tables, programs, vocabularies: no weights.
    Harmless,
    /// A model, and of which kind.
    Model(&'static str),
    /// Compressed so that what it holds cannot be seen.
    Packed,
    /// What git-lfs puts in the place of a file.
    Pointer,
    /// Text of any encoding.
    Text,
    /// Nothing that is known.
    Unknown,
}

/// What a file holds, as far as its ends tell.
pub(super) fn kind(file: &Glimpse) -> Kind {
    kind_within(file, 2)
}

/// The same; what is compressed in a compressed file is looked into so many times.
fn kind_within(file: &Glimpse, depth: usize) -> Kind {
    let beginning = &file.beginning[..];
    if beginning.starts_with(LFS) {
        return Kind::Pointer;
    }
    if let Some(model) = binary_model(file) {
        return Kind::Model(model);
    }
    match archive::inside(file) {
        Some(Inside::Harmless) => return Kind::Harmless,
        Some(Inside::Unknown) => return Kind::Archive,
        Some(Inside::Weights) => return Kind::Model("an archive with weights"),
        None => {}
    }
    if is_media(beginning) || protobuf::is_vocabulary(beginning) {
        return Kind::Harmless;
    }
    if text::is_text(beginning) || text::is_other_text(beginning) {
        return of_text(file, depth);
    }
    if is_pickle(beginning, file.size) {
        return Kind::Model("a pickle");
    }
    match unpacked(beginning, BEGINNING).filter(|inner| depth > 0 && !inner.is_empty()) {
        Some(inner) => {
            // More may follow where there was no room for it.
            let size = if inner.len() < BEGINNING { inner.len() as u64 } else { u64::MAX >> 1 };
            kind_within(&Glimpse::begun(&inner, size), depth - 1)
        }
        None if PACKED.iter().any(|magic| beginning.starts_with(magic)) => Kind::Packed,
        None => Kind::Unknown,
    }
}

/// Text, unless it is that of a model, or another way to write what is none.
fn of_text(file: &Glimpse, depth: usize) -> Kind {
    let beginning = &file.beginning[..];
    if let Some(model) = text::model(beginning, file.size) {
        return Kind::Model(model);
    }
    let is_whole = beginning.len() as u64 == file.size;
    let parts = if depth > 0 { written::written(beginning) } else { Vec::new() };
    for part in parts {
        let size = if is_whole { part.bytes.len() as u64 } else { u64::MAX >> 1 };
        match kind_within(&Glimpse::begun(&part.bytes, size), depth - 1) {
            Kind::Model(model) => return Kind::Model(model),
            other @ (Kind::Archive | Kind::Packed | Kind::Unknown) if part.is_all => return other,
            _ => {}
        }
    }
    let are_weights = file.size >= MIN_UNKNOWN && written::is_weights(beginning);
    if are_weights { Kind::Model("numbers written as text") } else { Kind::Text }
}

/// Which model begins so, if one does.
fn binary_model(file: &Glimpse) -> Option<&'static str> {
    let beginning = &file.beginning[..];
    let begins = MODELS.iter().find(|(magic, _)| beginning.starts_with(magic)).map(|(_, what)| *what);
    let flat =
        beginning.get(4..8).is_some_and(|id| FLATBUFFERS.contains(&id)).then_some("a model for phones");
    // A block of the user's own may stand before it.
    let hdf5 = (0..7).any(|power| beginning.get(512 << power..).is_some_and(|rest| rest.starts_with(HDF5)));
    begins
        .or(flat)
        .or(hdf5.then_some("HDF5"))
        .or(is_safetensors(beginning, file.size).then_some("safetensors"))
        .or(matches!(beginning, [0x80, 0..=5, ..]).then_some("a pickle"))
        .or_else(|| protobuf::model(file))
        .or(is_xgboost(beginning).then_some("an XGBoost model"))
        .or(is_msgpack(beginning).then_some("a checkpoint in msgpack"))
}

/// Pictures, sound, films, documents, tables, fonts and programs: large, binary, and no weights.
pub(super) fn is_media(beginning: &[u8]) -> bool {
    let begins = |magic: &&[u8]| beginning.starts_with(magic);
    let is_table = matches!(beginning, [0, 0, 8, 1..=4, ..]);
    let is_film = beginning.first() == Some(&b'G') && beginning.get(188) == Some(&b'G');
    MEDIA.iter().any(begins)
        || [&b"ftyp"[..], b"moov", b"mdat", b"wide"].contains(&beginning.get(4..8).unwrap_or_default())
        || beginning.get(128..132) == Some(b"DICM")
        || is_table
        || is_film
}

/// A length, and as many bytes of JSON behind it.
fn is_safetensors(beginning: &[u8], size: u64) -> bool {
    let Some((length, rest)) = beginning.split_first_chunk::<8>() else { return false };
    let length = u64::from_le_bytes(*length);
    let fits = length >= 2 && length.checked_add(8).is_some_and(|end| end <= size);
    fits && rest.first() == Some(&b'{') && rest.get(1).is_none_or(|next| b"\"} \t\r\n".contains(next))
}

/// Universal binary JSON about a learner.
fn is_xgboost(beginning: &[u8]) -> bool {
    let head = beginning.get(..beginning.len().min(256)).unwrap_or_default();
    matches!(head, [b'{', b'L' | b'l' | b'i' | b'U', ..]) && head.windows(7).any(|word| word == b"learner")
}

/// A map whose first key is one that checkpoints have.
fn is_msgpack(beginning: &[u8]) -> bool {
    let [0x81..=0x8f, tag @ 0xa0..=0xbf, rest @ ..] = beginning else { return false };
    rest.get(..usize::from(tag & 0x1f)).is_some_and(|key| KEYS.contains(&key))
}

/// How pointers of git-lfs begin.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
const KEYS: [&[u8]; 6] = [b"model", b"opt_state", b"params", b"state", b"step", b"target"];

const MODELS: [(&[u8], &str); 23] = [
    (b"GGUF", "GGUF"),
    (b"GGML", "GGML"),
    (b"lmgg", "GGML"),
    (b"fmgg", "GGML"),
    (b"tjgg", "GGML"),
    (HDF5, "HDF5"),
    (b"\x93NUMPY", "a numpy array"),
    (b"RKNN", "an RKNN model"),
    (b"ftrt", "a compiled model"),
    (b"ptrt", "a compiled model"),
    (b"ML\xefR", "a compiled model"),
    (b"7z\xbc\xaf\x27\x1c", "an archive"),
    (b"Rar!\x1a\x07", "an archive"),
    (b"7767517\n", "an ncnn model"),
    (b"TORCH", "a checkpoint"),
    (b"CBM1", "a CatBoost model"),
    (b"binf", "an XGBoost model"),
    (b"\xba\x16\x4f\x2f", "a fastText model"),
    (b"\x04\0\0\0\x01\0\0\0", "a Torch 7 model"),
    (b"\0\0\0\0\x02\0\0\0\0\0\0\0", "a Darknet model"),
    (b"tree\nversion=", "a LightGBM model"),
    (b"svm_type ", "a model of LIBSVM"),
    (b"solver_type ", "a model of LIBLINEAR"),
];

/// Identifiers that flatbuffers have behind their first offset.
const FLATBUFFERS: [&[u8]; 5] = [b"TFL3", b"ORTM", b"ET12", b"ET13", b"PTMF"];

/// How compressed files begin that are not looked into.
const PACKED: [&[u8]; 10] = [
    b"\x1f\x8b",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"\x04\x22\x4d\x18",
    b"LZIP",
    b"\x89LZO\0",
    b"\x1f\x9d",
    b"\x5d\0\0",
    b"\xff\x06\0\0sNaPpY",
];

const MEDIA: [&[u8]; 58] = [
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"%PDF-",
    b"OggS",
    b"fLaC",
    b"ID3",
    b"\xff\xfb",
    b"\xff\xf3",
    b"wOFF",
    b"wOF2",
    b"OTTO",
    b"ttcf",
    b"\0\x01\0\0\0",
    b"\x7fELF",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"MZ",
    b"\0asm",
    b"SQLite format 3\0",
    b"PAR1",
    b"ARROW1",
    b"ORC",
    b"Obj\x01",
    b"\xca\xfe\xba\xbe",
    b"II*\0",
    b"MM\0*",
    b"8BPS",
    b"\x1aE\xdf\xa3",
    b"\0\0\0\x0cjP  ",
    b"v/1\x01",
    b"MThd",
    b"FORM",
    b"\0\0\x01\xba",
    b"FLV\x01",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"AT&TFORM",
    b"%!PS",
    b"!<arch>\n",
    b"Cr24",
    b"\xed\xab\xee\xdb",
    b"glTF",
    b"BLENDER",
    b"Kaydara FBX",
    b"ply\n",
    b"UnityFS",
    b"CWS",
    b"#ROSBAG",
    b"\x89MCAP0",
    b":W&B",
    b"KDMV",
    b"age-encryption.org",
    b"LASF",
    b"\xd4\xc3\xb2\xa1",
    b"\x0a\x0d\x0d\x0a",
    b"#?RADIANCE",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn what(bytes: &[u8]) -> Kind {
        kind(&Glimpse::of(bytes))
    }

    #[test]
    fn models_are_known_by_their_bytes() {
        let header = br#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
        let safetensors = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
        assert_eq!(what(&safetensors), Kind::Model("safetensors"));
        assert!(!is_safetensors(&safetensors, 20), "the header would not fit");
        let packed = |body: &[u8]| {
            let length = u16::try_from(body.len()).unwrap();
            let head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff\x01";
            [&head[..], &length.to_le_bytes(), &(!length).to_le_bytes(), body].concat()
        };
        assert_eq!(what(&packed(&safetensors)), Kind::Model("safetensors"));
        assert_eq!(what(&packed(&packed(&safetensors))), Kind::Model("safetensors"));
        assert_eq!(what(&packed(b"some text\n")), Kind::Text);
        for beginning in [
            &b"GGUF\x03"[..],
            HDF5,
            &[&[0; 512][..], HDF5].concat(),
            &[&[7; 2048][..], HDF5].concat(),
            b"\x80\x02}q\0",
            b"\x93NUMPY\x01",
            b"\x1c\0\0\0TFL3",
            b"\x08\0\0\0ORTM",
            b"cnumpy.core.multiarray\n_reconstruct\np0\n(cnumpy\nndarray\np1\n(I0\ntp2\nS'b'\np3\ntp4\nRp5\n.",
            b"<?xml version=\"1.0\"?>\n<net name=\"x\" version=\"11\">\n<layers>",
            b"CBM1\0\0",
            b"{L\0\0\0\0\0\0\0\x07learner{",
            b"{\"learner\":{\"gradient_booster\":{}}}",
            b"tree\nversion=v3\n",
            b"\x81\xa6params\x81\xa1w\xc8",
        ] {
            assert!(matches!(what(beginning), Kind::Model(_)), "{beginning:?}");
        }
    }

    #[test]
    fn what_is_no_model_is_known_as_well() {
        let latin1: Vec<u8> = b"Stra\xdfe und \xe4hnliches\n".repeat(100);
        let utf16: Vec<u8> = "\u{feff}a,b \n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for text in [&b""[..], b"text", b":text of a list\n", b"class A:\n", b"{\"a\": 1}", &latin1, &utf16] {
            assert_eq!(what(text), Kind::Text, "{text:?}");
        }
        for media in [
            &b"%PDF-1.5\n\xff\0"[..],
            b"\x89PNG\r\n\x1a\n\0",
            b"\0\0\x08\x03\0\0",
            b"\n\x0e\n\x05<unk>\x15\0\0\0\0\x18\x02\n\x0a",
        ] {
            assert_eq!(what(media), Kind::Harmless, "{media:?}");
        }
        assert_eq!(what(b"\xfd7zXZ\0\0\x04"), Kind::Packed);
        assert_eq!(what(b"\x01\x02\xff\xfe"), Kind::Unknown);
        assert_eq!(what(b"version https://git-lfs.github.com/spec/v1\n"), Kind::Pointer);
    }
}
