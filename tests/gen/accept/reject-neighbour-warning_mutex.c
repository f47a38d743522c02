#include "support.h"

#include <pthread.h>

static pthread_mutex_t mutex;

static ASYNC void app(int x)
{
    pthread_mutex_lock(&mutex);
    x++;
    pthread_mutex_unlock(&mutex);
    AWAIT(brio_sleep(1));
    pthread_mutex_lock(&mutex);
    if (x) {
        pthread_mutex_unlock(&mutex);
        AWAIT(brio_sleep(1));
    }
}
