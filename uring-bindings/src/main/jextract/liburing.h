/* What the run for dev.corio.generated.Liburing reads. LIBURING_INCLUDE comes first on the include path. */
#include <liburing.h>
