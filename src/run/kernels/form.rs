//! In which form products read a weight.

use candle_core::Tensor;
use declass_formats::onnx::Node;

use crate::{
    net::{int_attribute, ops::Kernel},
    run::{Fault, packed::Packed},
};

/// How a product reads its second operand.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(in crate::run) enum Form {
    /// Columns of a matrix.
    Columns,
    /// Rows of a matrix that is turned round.
    Turned,
    /// Kernels in so many groups.
    Kernels(usize),
}

impl Form {
    /// Nothing where it has no such form.
    pub(in crate::run) fn packed(self, tensor: &Tensor) -> Result<Option<Packed>, Fault> {
        match self {
            Self::Columns => Packed::right(tensor, false),
            Self::Turned => Packed::right(tensor, true),
            Self::Kernels(groups) => Packed::kernels(tensor, groups),
        }
    }
}

/// The form in which an operator reads its second operand, if that is one of a product.
pub(in crate::run) fn form(kernel: Kernel, node: &Node) -> Option<Form> {
    match kernel {
        Kernel::MatMul => Some(Form::Columns),
        Kernel::Gemm | Kernel::FusedGemm => {
            Some(if int_attribute(node, "transB", 0) != 0 { Form::Turned } else { Form::Columns })
        }
        Kernel::Convolution | Kernel::FusedConvolution => {
            let groups = usize::try_from(int_attribute(node, "group", 1)).ok()?;
            Some(Form::Kernels(groups))
        }
        _ => None,
    }
}
