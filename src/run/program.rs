//! A model as a program: named arrays in, named arrays out.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use candle_core::Device;
use declass_formats::{Artifact, TensorInfo, onnx::Value as Declared};

use super::{Array, Fault, Floats, Limits, Network, Value, forward::Run, value::sound};
use crate::net::ValueId;

/// Elements as a file holds them, row-major, little end first.
#[derive(Clone, Debug, PartialEq)]
pub struct RawTensor {
    /// Type and extents.
    pub info: TensorInfo,
    /// The elements.
    pub bytes: Vec<u8>,
}

/// Why a model was not run, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct NotRun(Fault);

impl fmt::Display for NotRun {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(to)
    }
}

impl std::error::Error for NotRun {}

impl From<Fault> for NotRun {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

/// A model whose graph can be run. Several threads may run it at once; each uses one core.
pub struct Program<'a> {
    network: Network<'a>,
    limits: Limits,
}

impl<'a> Program<'a> {
    /// The program of a file; nothing of its weights is read yet.
    ///
    /// # Errors
    /// Where the file holds no graph, or one that is malformed.
    pub fn new(artifact: &'a Artifact, device: Device) -> Result<Self, NotRun> {
        Ok(Self { network: Network::new(artifact, device)?, limits: Limits::default() })
    }

    /// The same with other limits of a run.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Inputs that must be given, as the graph declares them.
    #[must_use]
    pub fn inputs(&self) -> Vec<&'a Declared> {
        self.network.inputs().collect()
    }

    /// Names of the outputs.
    #[must_use]
    pub fn outputs(&self) -> Vec<&'a str> {
        self.network.outputs().map(|output| output.name.as_str()).collect()
    }

    /// Whether every operator in front of these values can be run.
    ///
    /// # Errors
    /// The first operator that cannot, by name.
    pub fn supported(&self, wanted: &[&str]) -> Result<(), NotRun> {
        Ok(self.network.supported(&self.values(wanted)?, &[])?)
    }

    /// Runs the graph on named inputs (or other values of it, which are not computed then) as far as the wanted
    /// values need it.
    ///
    /// # Errors
    /// What is not a value of the graph, cannot be run, does not fit, or takes too much.
    pub fn run(
        &self,
        given: &BTreeMap<String, RawTensor>,
        wanted: &[&str],
    ) -> Result<Vec<RawTensor>, NotRun> {
        let mut values: HashMap<ValueId, Value> = HashMap::new();
        for (name, tensor) in given {
            values.insert(self.named(name)?, Value::of(&tensor.info, &tensor.bytes, &self.network.device)?);
        }
        let wanted = self.values(wanted)?;
        let run = Run { given: &values, wanted: &wanted, learns: false, limits: self.limits };
        Ok(self.network.run(&run)?.iter().map(Value::raw).collect::<Result<_, _>>()?)
    }

    fn values(&self, names: &[&str]) -> Result<Vec<ValueId>, Fault> {
        names.iter().map(|name| self.named(name)).collect()
    }

    fn named(&self, name: &str) -> Result<ValueId, Fault> {
        let missing = || Fault::Input { name: name.to_owned(), what: "is no value of the graph".to_owned() };
        self.network.value(name).ok_or_else(missing)
    }
}

impl Value {
    /// Elements as a file holds them.
    pub(crate) fn of(info: &TensorInfo, bytes: &[u8], device: &Device) -> Result<Self, Fault> {
        let unread =
            || Fault::unsupported(format!("elements of type {} are not computed with", info.dtype.name()));
        sound(&info.shape)?;
        if info.elements().checked_mul(info.dtype.bits()).is_none_or(|bits| bits.div_ceil(8) != bytes.len()) {
            return Err(Fault::Compute(format!("{} bytes for the shape {:?}", bytes.len(), info.shape)));
        }
        Ok(match info.dtype {
            dtype if dtype.is_float() => {
                let numbers = dtype.decode_f64(bytes).ok_or_else(unread)?;
                Floats::of(numbers, &info.shape, dtype, device)?.into()
            }
            dtype => {
                let numbers = dtype.decode_i64(bytes).ok_or_else(unread)?;
                Array::new(dtype, info.shape.clone(), numbers).into()
            }
        })
    }

    /// Its elements as a file would hold them.
    pub(crate) fn raw(&self) -> Result<RawTensor, Fault> {
        let info = TensorInfo { dtype: self.dtype(), shape: self.shape().to_vec() };
        let unwritten =
            || Fault::unsupported(format!("elements of type {} are not written", info.dtype.name()));
        let bytes = match self {
            Self::Floats(_) => info.dtype.encode(&self.numbers()?).ok_or_else(unwritten)?,
            Self::Whole(_) if info.dtype.is_text() => return Err(unwritten()),
            Self::Whole(array) => {
                let width = info.dtype.bits() / 8;
                array.values.iter().flat_map(|value| value.to_le_bytes().into_iter().take(width)).collect()
            }
        };
        Ok(RawTensor { info, bytes })
    }
}
