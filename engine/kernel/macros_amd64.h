// Macros that several files use.

// FOLD4 folds the eight lanes of Y0..Y3, rows 0..3, to the four floats of X0, in the
// order of lanes.fold: halves, then pairs, then the two. Y4..Y7 are scratch.
#define FOLD4 \
	VINSERTF128  $1, X1, Y0, Y4; \
	VPERM2F128   $0x31, Y1, Y0, Y5; \
	VADDPS       Y5, Y4, Y4; \
	VINSERTF128  $1, X3, Y2, Y6; \
	VPERM2F128   $0x31, Y3, Y2, Y7; \
	VADDPS       Y7, Y6, Y6; \
	VUNPCKLPD    Y6, Y4, Y5; \
	VUNPCKHPD    Y6, Y4, Y7; \
	VADDPS       Y7, Y5, Y5; \
	VMOVSHDUP    Y5, Y4; \
	VADDPS       Y4, Y5, Y5; \
	VEXTRACTF128 $1, Y5, X4; \
	VMOVSLDUP    X4, X4; \
	VBLENDPS     $10, X4, X5, X0

// ONES fills Y with sixteen words of one.
#define ONES(Y) \
	VPCMPEQW Y, Y, Y; \
	VPSRLW   $15, Y, Y

// NIBBLE_MASK fills Y with bytes of 15; T is scratch.
#define NIBBLE_MASK(Y, T) \
	VPCMPEQW Y, Y, Y; \
	VPSRLW   $12, Y, Y; \
	VPSLLW   $8, Y, T; \
	VPOR     T, Y, Y
