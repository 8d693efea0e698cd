// Vector instructions of arm64, most of which Go's assembler does not know. Registers are
// numbers: V5 is 5, destination first; i is a lane. In comments d, n and m stand for
// them, and no suffix but the one in the macro's name: B is 16 bytes, S four words, D two
// double words.

// Dot products: four sums each of four products of signed bytes, those of m in lane i. And
// products of matrices: row i of n's two rows of eight signed bytes with row j of m's is
// added to lane 2i+j.
#define SDOT_LANE(d, n, m, i) WORD $(0x4f80e000|((i)&1)<<21|((i)>>1)<<11|(m)<<16|(n)<<5|(d)) // sdot d.4s, n.16b, m.4b[i]
#define SMMLA(d, n, m) WORD $(0x4e80a400|(m)<<16|(n)<<5|(d)) // smmla d.4s, n.16b, m.16b

// Loads and stores of V(t), or of V(t) and V(t+1), at off from register n.
#define LDR_Q(t, n, off) WORD $(0x3dc00000|((off)/16)<<10|(n)<<5|(t)) // ldr t, [n, #off]
#define LDP_Q(t, n, off) WORD $(0xad400000|((off)/16)<<15|((t)+1)<<10|(n)<<5|(t)) // ldp t, t+1, [n, #off]
#define STP_Q(t, n, off) WORD $(0xad000000|((off)/16)<<15|((t)+1)<<10|(n)<<5|(t)) // stp t, t+1, [n, #off]

// Floats.
#define SCVTF_S(d, n) WORD $(0x4e21d800|(n)<<5|(d)) // scvtf d.4s, n.4s
#define UCVTF_S(d, n) WORD $(0x6e21d800|(n)<<5|(d)) // ucvtf d.4s, n.4s
#define FCVTZS_S(d, n) WORD $(0x4ea1b800|(n)<<5|(d)) // fcvtzs d.4s, n.4s
#define FCVTNS_S(d, n) WORD $(0x4e21a800|(n)<<5|(d)) // fcvtns d.4s, n.4s
#define FMUL_LANE(d, n, m, i) WORD $(0x4f809000|((i)&1)<<21|((i)>>1)<<11|(m)<<16|(n)<<5|(d)) // fmul d.4s, n.4s, m.s[i]
#define FMLA_LANE(d, n, m, i) WORD $(0x4f801000|((i)&1)<<21|((i)>>1)<<11|(m)<<16|(n)<<5|(d)) // fmla d.4s, n.4s, m.s[i]
#define FMLS_LANE(d, n, m, i) WORD $(0x4f805000|((i)&1)<<21|((i)>>1)<<11|(m)<<16|(n)<<5|(d)) // fmls d.4s, n.4s, m.s[i]
#define FMUL_S(d, n, m) WORD $(0x6e20dc00|(m)<<16|(n)<<5|(d)) // fmul d.4s, n.4s, m.4s
#define FMLA_S(d, n, m) WORD $(0x4e20cc00|(m)<<16|(n)<<5|(d)) // fmla d.4s, n.4s, m.4s
#define FMLS_S(d, n, m) WORD $(0x4ea0cc00|(m)<<16|(n)<<5|(d)) // fmls d.4s, n.4s, m.4s
#define FADD_S(d, n, m) WORD $(0x4e20d400|(m)<<16|(n)<<5|(d)) // fadd d.4s, n.4s, m.4s
#define FSUB_S(d, n, m) WORD $(0x4ea0d400|(m)<<16|(n)<<5|(d)) // fsub d.4s, n.4s, m.4s
#define FDIV_S(d, n, m) WORD $(0x6e20fc00|(m)<<16|(n)<<5|(d)) // fdiv d.4s, n.4s, m.4s
#define FMAX_S(d, n, m) WORD $(0x4e20f400|(m)<<16|(n)<<5|(d)) // fmax d.4s, n.4s, m.4s
#define FMIN_S(d, n, m) WORD $(0x4ea0f400|(m)<<16|(n)<<5|(d)) // fmin d.4s, n.4s, m.4s
#define FABS_S(d, n) WORD $(0x4ea0f800|(n)<<5|(d)) // fabs d.4s, n.4s
#define FNEG_S(d, n) WORD $(0x6ea0f800|(n)<<5|(d)) // fneg d.4s, n.4s
#define FMAXV_S(d, n) WORD $(0x6e30f800|(n)<<5|(d)) // fmaxv d, n.4s
#define FCMGT_S(d, n, m) WORD $(0x6ea0e400|(m)<<16|(n)<<5|(d)) // fcmgt d.4s, n.4s, m.4s
#define FMLA_D(d, n, m) WORD $(0x4e60cc00|(m)<<16|(n)<<5|(d)) // fmla d.2d, n.2d, m.2d

// Widening: of float16, of float32 and, a shift, of bfloat16; the lower and the upper half.
#define FCVTL_S(d, n) WORD $(0x0e217800|(n)<<5|(d)) // fcvtl d.4s, n.4h
#define FCVTL2_S(d, n) WORD $(0x4e217800|(n)<<5|(d)) // fcvtl2 d.4s, n.8h
#define FCVTN_S(d, n) WORD $(0x0e216800|(n)<<5|(d)) // fcvtn d.4h, n.4s
#define FCVTN2_S(d, n) WORD $(0x4e216800|(n)<<5|(d)) // fcvtn2 d.8h, n.4s
#define FCVTL_D(d, n) WORD $(0x0e617800|(n)<<5|(d)) // fcvtl d.2d, n.2s
#define FCVTL2_D(d, n) WORD $(0x4e617800|(n)<<5|(d)) // fcvtl2 d.2d, n.4s
#define SHLL_S(d, n) WORD $(0x2e613800|(n)<<5|(d)) // shll d.4s, n.4h, #16
#define SHLL2_S(d, n) WORD $(0x6e613800|(n)<<5|(d)) // shll2 d.4s, n.8h, #16
#define SXTL_H(d, n) WORD $(0x0f08a400|(n)<<5|(d)) // sxtl d.8h, n.8b
#define SXTL2_H(d, n) WORD $(0x4f08a400|(n)<<5|(d)) // sxtl2 d.8h, n.16b
#define SXTL_S(d, n) WORD $(0x0f10a400|(n)<<5|(d)) // sxtl d.4s, n.4h
#define SXTL2_S(d, n) WORD $(0x4f10a400|(n)<<5|(d)) // sxtl2 d.4s, n.8h
#define UXTL_H(d, n) WORD $(0x2f08a400|(n)<<5|(d)) // uxtl d.8h, n.8b
#define UXTL_S(d, n) WORD $(0x2f10a400|(n)<<5|(d)) // uxtl d.4s, n.4h

// Bits and integers.
#define AND_B(d, n, m) WORD $(0x4e201c00|(m)<<16|(n)<<5|(d)) // and d.16b, n.16b, m.16b
#define BIC_B(d, n, m) WORD $(0x4e601c00|(m)<<16|(n)<<5|(d)) // bic d.16b, n.16b, m.16b
#define MOV_B(d, n) WORD $(0x4ea01c00|(n)<<16|(n)<<5|(d)) // mov d.16b, n.16b
#define BIT_B(d, n, m) WORD $(0x6ea01c00|(m)<<16|(n)<<5|(d)) // bit d.16b, n.16b, m.16b: n's bits where m's are set
#define USHR_B(d, n, by) WORD $(0x6f080400|(8-(by))<<16|(n)<<5|(d)) // ushr d.16b, n.16b, #by
#define SHL_B(d, n, by) WORD $(0x4f085400|(by)<<16|(n)<<5|(d)) // shl d.16b, n.16b, #by
#define SSHR_S(d, n, by) WORD $(0x4f200400|(32-(by))<<16|(n)<<5|(d)) // sshr d.4s, n.4s, #by
#define SHL_S(d, n, by) WORD $(0x4f205400|(by)<<16|(n)<<5|(d)) // shl d.4s, n.4s, #by
#define TBL_B(d, n, m) WORD $(0x4e000000|(m)<<16|(n)<<5|(d)) // tbl d.16b, {n.16b}, m.16b
#define SUB_B(d, n, m) WORD $(0x6e208400|(m)<<16|(n)<<5|(d)) // sub d.16b, n.16b, m.16b
#define ADD_S(d, n, m) WORD $(0x4ea08400|(m)<<16|(n)<<5|(d)) // add d.4s, n.4s, m.4s
#define SUB_S(d, n, m) WORD $(0x6ea08400|(m)<<16|(n)<<5|(d)) // sub d.4s, n.4s, m.4s
#define MUL_S(d, n, m) WORD $(0x4ea09c00|(m)<<16|(n)<<5|(d)) // mul d.4s, n.4s, m.4s
#define MLA_S(d, n, m) WORD $(0x4ea09400|(m)<<16|(n)<<5|(d)) // mla d.4s, n.4s, m.4s
#define MUL_LANE(d, n, m, i) WORD $(0x4f808000|((i)&1)<<21|((i)>>1)<<11|(m)<<16|(n)<<5|(d)) // mul d.4s, n.4s, m.s[i]
#define MLA_LANE(d, n, m, i) WORD $(0x6f800000|((i)&1)<<21|((i)>>1)<<11|(m)<<16|(n)<<5|(d)) // mla d.4s, n.4s, m.s[i]
#define NEG_S(d, n) WORD $(0x6ea0b800|(n)<<5|(d)) // neg d.4s, n.4s
#define SMAX_S(d, n, m) WORD $(0x4ea06400|(m)<<16|(n)<<5|(d)) // smax d.4s, n.4s, m.4s
#define DUP_LANE(d, n, i) WORD $(0x4e040400|(i)<<19|(n)<<5|(d)) // dup d.4s, n.s[i]
#define ZERO_S(d) WORD $(0x4f000400|(d)) // movi d.4s, #0
#define MOVI_B(d, v) WORD $(0x4f00e400|((v)>>5)<<16|((v)&31)<<5|(d)) // movi d.16b, #v
#define SADDLV_H(d, n) WORD $(0x4e303800|(n)<<5|(d)) // saddlv d, n.16b
#define SADDLP_H(d, n) WORD $(0x4e202800|(n)<<5|(d)) // saddlp d.8h, n.16b
#define SADDLV_S(d, n) WORD $(0x4e703800|(n)<<5|(d)) // saddlv d, n.8h
#define UZP1_B(d, n, m) WORD $(0x4e001800|(m)<<16|(n)<<5|(d)) // uzp1 d.16b, n.16b, m.16b
#define UZP1_H(d, n, m) WORD $(0x4e401800|(m)<<16|(n)<<5|(d)) // uzp1 d.8h, n.8h, m.8h
#define UZP1_S(d, n, m) WORD $(0x4e801800|(m)<<16|(n)<<5|(d)) // uzp1 d.4s, n.4s, m.4s
#define UZP2_S(d, n, m) WORD $(0x4e805800|(m)<<16|(n)<<5|(d)) // uzp2 d.4s, n.4s, m.4s
#define ZIP1_S(d, n, m) WORD $(0x4e803800|(m)<<16|(n)<<5|(d)) // zip1 d.4s, n.4s, m.4s
#define ZIP2_S(d, n, m) WORD $(0x4e807800|(m)<<16|(n)<<5|(d)) // zip2 d.4s, n.4s, m.4s
