// SPDX-License-Identifier: MIT
#pragma once
#include <string_view>

namespace daypack::core::test {

// What signatures must be, byte for byte. The first is TEST 1 of RFC 8032, section 7.1. ED25519 is deterministic, so
// each other one follows from a public test seed and the text that the exchange's documentation prescribes; they were
// made with another implementation than libsodium, and verified by a third.

struct KeyPair {
    std::string_view seed;
    std::string_view verifying;
};
inline constexpr KeyPair kRfc8032{"nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=",
                                  "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="};
inline constexpr KeyPair kOnes{"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
                               "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w="};
inline constexpr KeyPair kSevens{"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
                                 "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw="};
inline constexpr KeyPair kCounting{"AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=",
                                   "ebVWLo/mVPlAeLES6KmLp5AfhTrmlb7X4OORC60ElmQ="};

struct SigningVector {
    std::string_view name;
    KeyPair keys;
    std::string_view text;
    std::string_view signature;
};
inline constexpr SigningVector kSigningVectors[] = {
    {"rfc8032_test1_empty", kRfc8032, "",
     "5VZDAMNgrHKQhuLMgG6CioSHfx645dl02HPgZSJJAVVfuIIVkKM7rMYeOXAc+bRr0lv18FlbviRlUUFDjnoQCw=="},
    {"docs_cancel", kRfc8032, "instruction=orderCancel&orderId=28&symbol=BTC_USDT&timestamp=1614550000000&window=5000",
     "wLQaGPszkXrEWaIm6RsnVLJv70Uuw62SXxmdso6cadUmR0NWzFhfhvuCWMl+jbBNJ5gZRfCPjvXI29H7JeW6Ag=="},
    {"docs_cancel", kOnes, "instruction=orderCancel&orderId=28&symbol=BTC_USDT&timestamp=1614550000000&window=5000",
     "5JNvIFup6BvOx0ITxfxtEn5ac317vAI78vza6AWOyTvrzDTlVnO/T0dQazXuJmS4WJbLnm17ydL4EwqW5+6aBA=="},
    {"docs_cancel", kSevens, "instruction=orderCancel&orderId=28&symbol=BTC_USDT&timestamp=1614550000000&window=5000",
     "XhRUJtSVD+f0huHv3X/VpfNefAt+d3Weyzh+CV1njJwdFtlQ04RQ8dv+DYLZKQq7xJ1RB2k/KINvh7EuMwXqDQ=="},
    {"docs_cancel", kCounting, "instruction=orderCancel&orderId=28&symbol=BTC_USDT&timestamp=1614550000000&window=5000",
     "E7UijHVsR5NAdTGNA8aOPfAGdwe6Qu5oVcEJPNdG8Kx9HxV2pX+U3IsodvFn1MUHh0CuD+AhMMnJJvtPEat9DA=="},
    {"docs_batch", kRfc8032,
     "instruction=orderExecute&orderType=Limit&price=141&quantity=12&side=Bid&symbol=SOL_USDC_PERP&instruction="
     "orderExecute&orderType=Limit&price=140&quantity=11&side=Bid&symbol=SOL_USDC_PERP&timestamp=1750793021519&window="
     "5000",
     "vPFtn5Js/Bow3UsENNogoyaEcTqy8fxLH2ASbpAcTSClJf1v4VAj7+61T7IRwMt9kvGvGxhtlXqlvtCzzbFxAQ=="},
    {"docs_batch", kOnes,
     "instruction=orderExecute&orderType=Limit&price=141&quantity=12&side=Bid&symbol=SOL_USDC_PERP&instruction="
     "orderExecute&orderType=Limit&price=140&quantity=11&side=Bid&symbol=SOL_USDC_PERP&timestamp=1750793021519&window="
     "5000",
     "RWDblIEyuTyFXbmOYgWdkRyI1iA3dE5KZum11y2WD2Rn7nxglRXh5tcKvtWPpG+NNSMyZ5kTJWpB0MqUORlhCQ=="},
    {"docs_batch", kSevens,
     "instruction=orderExecute&orderType=Limit&price=141&quantity=12&side=Bid&symbol=SOL_USDC_PERP&instruction="
     "orderExecute&orderType=Limit&price=140&quantity=11&side=Bid&symbol=SOL_USDC_PERP&timestamp=1750793021519&window="
     "5000",
     "/z3pU8KLeX1A7yPJUDIKdIdH/+SXN20Kf61U0NJr/B4Xc0ibiQJYzxbE2Rn/pVopZbjIrCATA6xympraWKWoBA=="},
    {"docs_batch", kCounting,
     "instruction=orderExecute&orderType=Limit&price=141&quantity=12&side=Bid&symbol=SOL_USDC_PERP&instruction="
     "orderExecute&orderType=Limit&price=140&quantity=11&side=Bid&symbol=SOL_USDC_PERP&timestamp=1750793021519&window="
     "5000",
     "dossw5xxpYslAw1BgSEqBEom/n5ESR5aNNX5Q4It1+gMA6tNL6YkDT7eVy2jILl0/i/DDDJQlEYYT8vaCyakCg=="},
    {"docs_ws_subscribe", kRfc8032, "instruction=subscribe&timestamp=1614550000000&window=5000",
     "nnH9lOoIF3v72vbmeopqLLUggbPuhAuXgYbQc6qJnYSsFW0ZM3hUVK4feOAmIHQA02vH16oz+C3+6HQmPkggDA=="},
    {"docs_ws_subscribe", kOnes, "instruction=subscribe&timestamp=1614550000000&window=5000",
     "yswB5uivS+qIvjPNQnZnzehOHlD2VoNq/Gw1ulFrdZAK1efuvzKIO7b+AuYIn+OA5XQ1WTgs0JQoKnK7r+fWDg=="},
    {"docs_ws_subscribe", kSevens, "instruction=subscribe&timestamp=1614550000000&window=5000",
     "KRtmg8s3/CGdEK3a16rqGppiDN49PnizUKROh1EKITzXANXYh+WULq6TtOo2lHUovE5KtKO/GZCWXqf0uWPxAg=="},
    {"docs_ws_subscribe", kCounting, "instruction=subscribe&timestamp=1614550000000&window=5000",
     "yBAaT13kqiWSAUgb7fMAYPPcROr7MHp0omxnGgQDliC4/KJP1mGhfn4Yx06F7LWdgriEnuPfc0ThMrJz3z8zDw=="},
    {"noparams_balance", kRfc8032, "instruction=balanceQuery&timestamp=1614550000000&window=5000",
     "0Xe7TkJWz9DGQ5TNj1mBNbiF5PTPIVch/B+5PzBZ0QdWQq/pmWAyP+AluwN5pPyKjz3SUaeL78eiy+TCcakEAQ=="},
    {"noparams_balance", kOnes, "instruction=balanceQuery&timestamp=1614550000000&window=5000",
     "Z84gQTC7cBU2B7ntts0up1fqeLuPKUdNaYqZ8hMecImH8gBJzdntZ8AedhMlKMqLYysELwKES3SFW+k8i+JuDA=="},
    {"noparams_balance", kSevens, "instruction=balanceQuery&timestamp=1614550000000&window=5000",
     "Op774+/Ka5Esq6Gjqtors4jaixUSDYqOUvlzV+fNBTEUYdOfKN/I/uFLmfQDMA+CsKv1zaK01xev1U0rh5IEDw=="},
    {"noparams_balance", kCounting, "instruction=balanceQuery&timestamp=1614550000000&window=5000",
     "UfXiEm7cbX4pypibm+sWZFrR4S2WQ1V/CaUoAlkpmbQaMKm09cZjWSsk1VJySB6AdudCCOrw/7phybRpbESrCQ=="},
    {"query_sorted", kRfc8032,
     "instruction=orderQueryAll&limit=100&marketType=SPOT&symbol=SOL_USDC&timestamp=1&window=5000",
     "AiLvSblkDkiKcQADUGTUm6g621oiVTXK8t0EYTIkKw2aXXoCZVZfQNUq8VycEBENMxvzZBqdEbTrgXH5o7oZAQ=="},
    {"query_sorted", kOnes,
     "instruction=orderQueryAll&limit=100&marketType=SPOT&symbol=SOL_USDC&timestamp=1&window=5000",
     "piB/4dHQgB36t505BfB+4/e9Dr22/th1K0jdspPNECTQwznAe7o6EeRHQvS9M2lvg6M3nTZ+ix8P6z1n6tQsDg=="},
    {"query_sorted", kSevens,
     "instruction=orderQueryAll&limit=100&marketType=SPOT&symbol=SOL_USDC&timestamp=1&window=5000",
     "dEsGEojZj+y4Oadgm6DXPkF59sbBojnSWLeq1mOUx9JT5W5vQ9mqrE4e58e3YF7xwVNr3pURLZN5RpbaMx+zDQ=="},
    {"query_sorted", kCounting,
     "instruction=orderQueryAll&limit=100&marketType=SPOT&symbol=SOL_USDC&timestamp=1&window=5000",
     "fx5BkRmyv9TZ9oe37LcIhcxacejODnMj3390ZjRRGOvM9Xa1vYjAsNHz885DvuFh/sD7XVE+VCkV8dEuqr3eBg=="},
    {"bool_lower", kRfc8032,
     "instruction=orderExecute&orderType=Limit&postOnly=true&price=215.10&quantity=1.5&side=Ask&symbol=NVDA.US_USDC_"
     "PERP&timestamp=1&window=5000",
     "qEPQuwRf79fP9n2+qFRc8bDJRluxySNlMxcxWDh0XWyeFylt6+aVp8QGWkYH6oHsyqmA15CpCG1RpfF823fmDQ=="},
    {"bool_lower", kOnes,
     "instruction=orderExecute&orderType=Limit&postOnly=true&price=215.10&quantity=1.5&side=Ask&symbol=NVDA.US_USDC_"
     "PERP&timestamp=1&window=5000",
     "rLkKXBYC9zG8uVl8fyTFVJk03Exbz5vtlmMCH7F+0iIIPwGzVYOGRyCDNomtYDUfpG2Dyjk+l4yOwclIARj0BA=="},
    {"bool_lower", kSevens,
     "instruction=orderExecute&orderType=Limit&postOnly=true&price=215.10&quantity=1.5&side=Ask&symbol=NVDA.US_USDC_"
     "PERP&timestamp=1&window=5000",
     "axq6F5aJbHbdaRa7kci/LsLkNwl8azViS+Er0RddrGQFGwmEQBwFZi9ggDhhcq4iyemzxB3z9NcMYMpc3aLcDg=="},
    {"bool_lower", kCounting,
     "instruction=orderExecute&orderType=Limit&postOnly=true&price=215.10&quantity=1.5&side=Ask&symbol=NVDA.US_USDC_"
     "PERP&timestamp=1&window=5000",
     "k8mZfeb75EL4P7lcnqdvg8L9YwXRt6TSrUn3qFrJ7MKssna37B+0CVCmut/PdjdBYkgpUh2ZIEjxJNiHyYblCA=="},
    {"go_payload", kRfc8032,
     "instruction=orderExecute&orderType=Limit&price=100&symbol=BTC_USDC&timestamp=123456&window=5000",
     "3xoAeL0jTvDxUPXqmxa7dh1J0grJDcklqt4PSOxvkeU4XCqCn7uS/Rsqa1hCdI1wxiwTELBT75QLPVnLQrrpCw=="},
    {"go_payload", kOnes,
     "instruction=orderExecute&orderType=Limit&price=100&symbol=BTC_USDC&timestamp=123456&window=5000",
     "MABIxF/TPfqFb6iDT2v6QvGxK8s+zg2Lw1PxSeze2ShgC4BFa1u4V1VkyNB36w6rFHnCcRQFlIjzFxxrj7s8AA=="},
    {"go_payload", kSevens,
     "instruction=orderExecute&orderType=Limit&price=100&symbol=BTC_USDC&timestamp=123456&window=5000",
     "tjTay3voqJXZp9HGB9S/Lds3/nJ9sq8T9Ao51pZyeFo/au7tpZSmlkgdzSXj76D9Peaz9TpF4V5d+KlohN6oAg=="},
    {"go_payload", kCounting,
     "instruction=orderExecute&orderType=Limit&price=100&symbol=BTC_USDC&timestamp=123456&window=5000",
     "PbhkUWyzJiKptcZgek4PavSOcKY4/yJk2IcXA9wauLy5YvBhnuG5WWsEtkJawdjXActQQsLrA8fhYYEjlLaQCw=="},
    {"go_min", kRfc8032, "instruction=balanceQuery&timestamp=42&window=5000",
     "QZGAu845KKRP+BCYCEagTB1g9Y1C+j/KHNSGv9epxRIiVQrJz1f2BIai4Q66dLONmfTvm3jyz8UWiGdzFlQODw=="},
    {"go_min", kOnes, "instruction=balanceQuery&timestamp=42&window=5000",
     "oYYn4Dx5cjjb0ZPlk4MDfq677u9bLn5fr+Zyxq+7nT21iOgWCqpL6jCTV6y7bfsIltaJoYGX6qG0QrMxXiSsBg=="},
    {"go_min", kSevens, "instruction=balanceQuery&timestamp=42&window=5000",
     "yQsGTR+0wIsggotUtbzktXm/NK44MiMJqHTM66QkQOOQsmg4kOO440CMG63of9Kh809t4HP+etcHUmcQ0NicBw=="},
    {"go_min", kCounting, "instruction=balanceQuery&timestamp=42&window=5000",
     "bOwAeSjDnucJDMG6ZK7TH6egiK5dvPYFf6uwaj0JSVtQsbqzLlENPo/G+oymnn8CqJCyz1vRhwTvu2cmuRItDQ=="},
    {"window_max", kRfc8032, "instruction=positionQuery&timestamp=1700000000000&window=60000",
     "JngIuOR/bg2bI+5DHpz65Q9LSWPsHO64ezI89ab2JrDJe8NB1e/grGj5n3Gopk4mYU9oey6mZbtBdoATsYaKAg=="},
    {"window_max", kOnes, "instruction=positionQuery&timestamp=1700000000000&window=60000",
     "OXGynLWZmq4dy+IsDoUpQH1a9JA+Dye//13rPQrpwy69BpsCrP+H1CZj5Fhmq0dbQGClvAuECe/TtIzgzT1LAA=="},
    {"window_max", kSevens, "instruction=positionQuery&timestamp=1700000000000&window=60000",
     "k3XhhsejrLLz4JBR2vYc0M9jiaHNDDpEKmnIMH5ALB6AHFYuSR/zeoY1zPoXmcM2ftqFsxXAVgu0vOldrF1eDA=="},
    {"window_max", kCounting, "instruction=positionQuery&timestamp=1700000000000&window=60000",
     "YffzvZKfqC/ysTUaFzGxfACrNw3MGsBZh4oxFPtOd5vwTMxm1sIpjJ6N4kL+OW5PiyF9Seyl+ngSkgyr51hfCw=="},
    {"fills_from_to", kRfc8032,
     "instruction=fillHistoryQueryAll&fillType=User&from=1614540000000&limit=1000&sortDirection=Asc&symbol=SOL_USDC&to="
     "1614550000000&timestamp=1614550000000&window=5000",
     "lGhEK1pbRAvkbCE0zCYyLasBb5CTYq2Iob9JYVh8gRoxftAyEYrYJMW0OuFQThGuqS54WEG+ovSbagqA7go9DQ=="},
    {"clientId_before_instruction", kRfc8032,
     "instruction=orderQuery&clientId=4294967295&symbol=kBONK_USDC_PERP&timestamp=1614550000000&window=5000",
     "W8tSFztv9eEmP//ky0/PqccV/oGzvPsHqtI6ZPoIlkZxTY76Hjk3UniJ6jRP4JVcof973fHWC7NcfJxDtlIQDA=="},
    {"auto_flags_false", kRfc8032,
     "instruction=orderExecute&autoLend=false&autoLendRedeem=true&clientId=7&orderType=Limit&postOnly=false&price=100."
     "10&quantity=1&side=Bid&symbol=MU.US_USDC&timestamp=1614550000000&window=5000",
     "ARlfJe2rwQyIPfZ1zV/vR9UlSKaOqZKkMy3yRjZLnN8mUICLP+Ab/zJ3i/q9eI+02i7PxykpZjPSHd/SVUZeBg=="},
    {"trigger_after_timestamp", kRfc8032,
     "instruction=orderExecute&orderType=Market&side=Ask&symbol=SOL_USDC_PERP&triggerBy=MarkPrice&triggerPrice=178.05&"
     "triggerQuantity=20.03&timestamp=1614550000000&window=5000",
     "3/CHU4ZbrCBDUxaDkJJhz2ksUYj7qfRsPHsssFSyDMWYvCjmbNZSNTWrdm5X64KhKW57OxNwhVeyf+R4XRcpDw=="},
    {"trigger_percent", kRfc8032,
     "instruction=orderExecute&orderType=Market&side=Ask&symbol=SOL_USDC_PERP&triggerPrice=178.05&triggerQuantity=80%&"
     "timestamp=1614550000000&window=5000",
     "Mo84g7xWoka0Zu4HgK2HJxZbu2R5QXrdp/Gs3vJl98idi3E123g2eHMJ0MqVt2w5vrFCOxzZnxATqGr+D3wlDQ=="},
    {"null_omitted", kRfc8032,
     "instruction=orderCancel&orderId=59669287267&symbol=USDT_USDC&timestamp=1614550000000&window=5000",
     "hpwp7ZcmdO3az61eUd4AW7Btg2VS4qr9fCrWd6+ti9UJ2T0Xe5DszKO++wquZqs32kpG+uqSmSxPA/faVDmRBg=="},
    {"patch_account", kRfc8032,
     "instruction=accountUpdate&autoLend=false&leverageLimit=5&timestamp=1614550000000&window=5000",
     "d3UP1vGtOipP46itmDvpI2bUJxAhh1mYbYhlkUMmHxYo1MjzuZXi1RNzWbHv+ywuaHQTn1kNa5Ko4O/zsazgDw=="},
    {"collateral", kRfc8032, "instruction=collateralQuery&timestamp=1614550000000&window=5000",
     "lj0dgr0xFC8vyK1XlCHlIYcRpz3QtlUpuIz6kOTu7GmbKw6fAoCFLJq9hqE2Y/BmE5OquM/wMKKe9p3ouMExBg=="},
    {"lend_positions", kRfc8032, "instruction=borrowLendPositionQuery&timestamp=1614550000000&window=5000",
     "PqGsw2Ytn3mtDHSZbGiFHDGbm9UyJc2LM5LlYW77UBSq9Db6UsLtWKqaLV+6NHqlboZEtaRA9Y+20MZIPotaCw=="},
    {"history_position_one_type", kRfc8032,
     "instruction=positionHistoryQueryAll&marketType=PERP&state=Closed&timestamp=1614550000000&window=5000",
     "Wvg0/4BxwBTqI/XhVtD9wfJSWVxyWrRbf4KgLKR4GrjD1vneCyAcClxc30kUppGSGyHwB19TK4YDf5QtynTcCQ=="},
};

}  // namespace daypack::core::test
