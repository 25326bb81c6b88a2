//! A graph that is run, with limits in which even a slow one ends soon.

#![no_main]

use std::{collections::BTreeMap, sync::LazyLock};

use declass::{
    DeviceChoice,
    formats::{
        Artifact, Dtype, TensorInfo,
        onnx::{Dim, Value},
    },
    run::{Limits, Program, RawTensor},
};
use declass_fuzz::Place;
use libfuzzer_sys::fuzz_target;

static PLACE: LazyLock<Place> = LazyLock::new(Place::new);
const LIMITS: Limits = Limits { elements: 1 << 20, work: 1 << 30 };

/// Zeros of the declared type and shape, with one entry along every axis that is open.
fn zeros(input: &Value) -> Option<RawTensor> {
    let dtype = match input.elem_type {
        1 => Dtype::F32,
        6 => Dtype::I32,
        7 => Dtype::I64,
        9 => Dtype::Bool,
        _ => return None,
    };
    let extent = |dim: &Dim| match dim {
        Dim::Fixed(extent) => usize::try_from(*extent).ok(),
        Dim::Symbolic(_) => Some(1),
    };
    let shape: Vec<usize> = input.shape.as_ref()?.iter().map(extent).collect::<Option<_>>()?;
    let elements = shape.iter().try_fold(1_usize, |product, extent| product.checked_mul(*extent));
    let elements = elements.filter(|elements| *elements <= LIMITS.elements)?;
    Some(RawTensor { bytes: vec![0; elements * dtype.bits() / 8], info: TensorInfo { dtype, shape } })
}

fuzz_target!(|bytes: &[u8]| {
    let path = PLACE.put("model.onnx", bytes);
    let Ok(model) = Artifact::open(&path) else { return };
    let device = DeviceChoice::Cpu.open().unwrap().device;
    let Ok(program) = Program::new(&model, device) else { return };
    let program = program.within(LIMITS);
    let given: BTreeMap<String, RawTensor> =
        program.inputs().into_iter().filter_map(|input| Some((input.name.clone(), zeros(input)?))).collect();
    let _ = program.run(&given, &program.outputs());
});
