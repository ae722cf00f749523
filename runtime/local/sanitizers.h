// Which sanitizer this build runs under.
#pragma once

namespace dflow::local {

#if defined(__has_feature)
#define DFLOW_LOCAL_HAS(feature) __has_feature(feature)
#else
#define DFLOW_LOCAL_HAS(feature) 0
#endif

#if defined(DFLOW_THREAD_SANITIZER) || defined(__SANITIZE_THREAD__) || DFLOW_LOCAL_HAS(thread_sanitizer)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || DFLOW_LOCAL_HAS(address_sanitizer)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

#undef DFLOW_LOCAL_HAS

inline constexpr bool kSanitized = kAddressSanitizer || kThreadSanitizer;

}  // namespace dflow::local
