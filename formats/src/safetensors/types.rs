//! Types of elements, as the safetensors crate names them.

use safetensors::tensor::Dtype as Stored;

use crate::Dtype;

/// The types that both have.
const SHARED: [(Stored, Dtype); 13] = [
    (Stored::BF16, Dtype::Bf16),
    (Stored::BOOL, Dtype::Bool),
    (Stored::F16, Dtype::F16),
    (Stored::F32, Dtype::F32),
    (Stored::F64, Dtype::F64),
    (Stored::I16, Dtype::I16),
    (Stored::I32, Dtype::I32),
    (Stored::I64, Dtype::I64),
    (Stored::I8, Dtype::I8),
    (Stored::U16, Dtype::U16),
    (Stored::U32, Dtype::U32),
    (Stored::U64, Dtype::U64),
    (Stored::U8, Dtype::U8),
];

/// Types that only safetensors has are [`Dtype::Opaque`].
impl From<Stored> for Dtype {
    fn from(stored: Stored) -> Self {
        let shared = SHARED.iter().find(|(theirs, _)| *theirs == stored);
        shared.map_or_else(|| opaque(stored), |(_, ours)| *ours)
    }
}

impl Dtype {
    /// The safetensors crate's name of this type, if it has one that is not [`Dtype::Opaque`] here.
    #[must_use]
    pub fn stored(self) -> Option<Stored> {
        SHARED.iter().find(|(_, ours)| *ours == self).map(|(theirs, _)| *theirs)
    }
}

fn opaque(stored: Stored) -> Dtype {
    let name = match stored {
        Stored::C64 => "C64",
        Stored::F4 => "F4",
        Stored::F6_E2M3 => "F6_E2M3",
        Stored::F6_E3M2 => "F6_E3M2",
        Stored::F8_E4M3 => "F8_E4M3",
        Stored::F8_E4M3FNUZ => "F8_E4M3FNUZ",
        Stored::F8_E5M2 => "F8_E5M2",
        Stored::F8_E5M2FNUZ => "F8_E5M2FNUZ",
        Stored::F8_E8M0 => "F8_E8M0",
        _ => "unknown",
    };
    Dtype::Opaque { name, bits: stored.bitsize() }
}
