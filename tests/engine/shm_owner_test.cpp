// SPDX-License-Identifier: MIT
// Whom a reader believes: of whose making the file is decides before a byte of it is read.
#include <grp.h>
#include <sched.h>
#include <sys/stat.h>

#include "tests/engine/shm_fixture.h"

namespace daypack::core {
namespace {

using test::Child;
using test::failed;
using test::Instance;
using test::Writer;

constexpr uid_t kStranger = 65534;
constexpr uid_t kOther = 1;

class ShmOwner : public testing::Test {
  protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "needs root, to give files to others";
        auto options = instance_.options();
        options.mode = 0644;
        writer_.emplace(options);
    }
    ~ShmOwner() override { unsetenv("DAYPACK_OWNER"); }

    void give_to(uid_t user, gid_t group) const { ASSERT_EQ(chown(instance_.path().c_str(), user, group), 0); }
    [[nodiscard]] int opened(uid_t owner) const {
        daypack_reader reader;
        const int result = daypack_open_as(&reader, instance_.name.c_str(), owner);
        daypack_close(&reader);
        return result;
    }
    [[nodiscard]] int opened() const {
        daypack_reader reader;
        const int result = daypack_open(&reader, instance_.name.c_str());
        daypack_close(&reader);
        return result;
    }
    [[nodiscard]] std::string words() const {
        try {
            const Reader reader(instance_.name);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }
    // What `body` says as another user.
    template <class Body>
    [[nodiscard]] static std::string as(uid_t user, gid_t group, Body body) {
        Child child([&](const auto&) -> std::string {
            if (setgroups(0, nullptr) != 0 || setgid(group) != 0 || setuid(user) != 0)
                return failed("cannot become it");
            return body();
        });
        return child.failure();
    }

    const Instance instance_;
    std::optional<Writer> writer_;
};

TEST_F(ShmOwner, AFileOfAStrangerIsRefusedAndTheErrorNamesTheOwnerAndWhatToSet) {
    give_to(kStranger, 0);
    EXPECT_EQ(opened(), DAYPACK_FOREIGN);
    EXPECT_EQ(opened(kOther), DAYPACK_FOREIGN);
    const std::string said = words();
    EXPECT_NE(said.find("belongs to user nobody (uid 65534)"), std::string::npos) << said;
    EXPECT_NE(said.find("--owner nobody or DAYPACK_OWNER=nobody"), std::string::npos) << said;
    EXPECT_EQ(said.find("shm_group"), std::string::npos) << said;
}

TEST_F(ShmOwner, OneThatIsNamedIsBelievedWhereTheGroupOfTheFileIsOneOfTheReaders) {
    give_to(kStranger, 0);
    EXPECT_EQ(opened(kStranger), DAYPACK_OK);
    give_to(kStranger, kStranger);
    EXPECT_EQ(opened(kStranger), DAYPACK_FOREIGN);
    const std::string said = words();
    EXPECT_NE(said.find("(gid 65534) is none of yours"), std::string::npos) << said;
    EXPECT_NE(said.find("shm_group"), std::string::npos) << said;
}

TEST_F(ShmOwner, ASupplementaryGroupCountsToo) {
    give_to(kStranger, 12345);
    Child child([&](const auto&) -> std::string {
        const gid_t groups[] = {7, 12345};
        if (setgroups(2, groups) != 0 || setgid(kOther) != 0 || setuid(kOther) != 0) return failed("cannot become it");
        const int result = opened(kStranger);
        return result == DAYPACK_OK ? "" : failed(daypack_result_name(result));
    });
    EXPECT_EQ(child.failure(), "");
}

TEST_F(ShmOwner, TheEnvironmentNamesOneByNameOrNumber) {
    give_to(kStranger, 0);
    for (const char* name : {"nobody", "65534"}) {
        setenv("DAYPACK_OWNER", name, 1);
        EXPECT_EQ(opened(), DAYPACK_OK) << name;
        EXPECT_EQ(words(), "") << name;
    }
    for (const char* name : {"", "no-such-user", "1", "-2", "65534x", "4294967295", "99999999999999999999"}) {
        setenv("DAYPACK_OWNER", name, 1);
        EXPECT_EQ(opened(), DAYPACK_FOREIGN) << name;
    }
}

TEST_F(ShmOwner, FilesOfRootAndOfTheReadersOwnUserAreBelieved) {
    const auto opens = [&]() -> std::string {
        const int result = opened();
        return result == DAYPACK_OK ? "" : failed(daypack_result_name(result));
    };
    EXPECT_EQ(as(kOther, kOther, opens), "") << "of root";
    give_to(kOther, 12345);
    EXPECT_EQ(as(kOther, kOther, opens), "") << "its own";
    give_to(kStranger, 12345);
    EXPECT_EQ(as(kStranger, kStranger, opens), "") << "its own, where 65534 is a user as any other";
    EXPECT_NE(as(kOther, kOther, opens), "");
}

TEST_F(ShmOwner, WhereEveryStrangerIsShownAs65534OnlyNamingThatTakesTheirFiles) {
    const std::string no_namespace = "it has no right to a user namespace";
    give_to(4321, 4321);
    Child child([&](const auto&) -> std::string {
        if (setgroups(0, nullptr) != 0 || setgid(kOther) != 0 || setuid(kOther) != 0) return failed("cannot become it");
        if (unshare(CLONE_NEWUSER) != 0) return failed(no_namespace);
        if (geteuid() != DAYPACK_OVERFLOW_ID) return failed("this namespace has a mapping");
        if (opened() != DAYPACK_FOREIGN) return failed("it takes 65534 for its own user");
        return opened(DAYPACK_OVERFLOW_ID) == DAYPACK_OK ? "" : failed("one that is named is refused");
    });
    const std::string failure = child.failure();
    if (failure.find(no_namespace) != std::string::npos) GTEST_SKIP() << failure;
    EXPECT_EQ(failure, "");
}

TEST_F(ShmOwner, AReaderDoesNotFollowToAFileOfAStranger) {
    Reader reader(instance_.name);
    writer_->segment.stop();
    writer_.reset();
    unlink(instance_.path().c_str());
    { const Writer next(instance_.options()); }
    give_to(kStranger, kStranger);
    ASSERT_TRUE(test::wait_for([&] { return daypack_beat_is_fresh(&reader.raw()) == 0; }));
    EXPECT_EQ(daypack_follow(&reader.raw()), 0);
    give_to(0, 0);
    EXPECT_EQ(daypack_follow(&reader.raw()), 1);
}

TEST_F(ShmOwner, AnEngineTakesNothingOverFromAStranger) {
    ASSERT_TRUE(writer_->segment.add_symbol("EVIL", "EVIL"));
    writer_.reset();
    give_to(kStranger, kStranger);
    const Segment segment(instance_.options(16));
    EXPECT_EQ(segment.symbols(), 0U);
    EXPECT_EQ(opened(), DAYPACK_OK);
}

}  // namespace
}  // namespace daypack::core
